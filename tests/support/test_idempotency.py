"""A ticket or reply that is sent again because its answer was lost is written once, over the API and in the browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from support.models import IdempotencyKey, Ticket, TicketMessage
from support.services.idempotency import forget_old_keys
from support.services.tickets import close_ticket
from tests.api_client import ApiClient
from tests.factories.support import make_ticket
from tests.mails import waiting_mails

NEW = {"subject": "My tunnel stops", "message": "It stops after a minute.", "priority": "high"}
REPLY = {"message": "It has stopped again."}
KEY = {"Idempotency-Key": "phone-7_a.b"}


class TestOverTheApi:
    def test_a_repeated_ticket_is_the_first_one(self, alice_api: ApiClient) -> None:
        first, second = alice_api.post("tickets", NEW, **KEY), alice_api.post("tickets", NEW, **KEY)
        assert (first.status, second.status) == (201, 201)
        assert first.data == second.data
        assert (Ticket.objects.count(), TicketMessage.objects.count()) == (1, 1)

    def test_a_repeated_reply_is_the_first_one_and_mailed_once(self, helper_api: ApiClient, ticket: Ticket) -> None:
        path = f"tickets/{ticket.pk}/reply"
        first, second = helper_api.post(path, REPLY, **KEY), helper_api.post(path, REPLY, **KEY)
        assert (first.status, second.status) == (201, 201)
        assert first.data == second.data
        assert ticket.messages.count() == 2
        assert len(waiting_mails()) == 1

    def test_a_reply_that_arrived_is_told_even_when_the_ticket_is_closed_by_now(
        self, alice_api: ApiClient, alice: User, ticket: Ticket
    ) -> None:
        path = f"tickets/{ticket.pk}/reply"
        first = alice_api.post(path, REPLY, **KEY)
        close_ticket(ticket_id=ticket.pk, closer=alice)
        assert alice_api.post(path, REPLY, **KEY).data == first.data

    def test_another_body_or_another_place_under_the_same_key_is_409(
        self, alice_api: ApiClient, alice: User, ticket: Ticket
    ) -> None:
        alice_api.post(f"tickets/{ticket.pk}/reply", REPLY, **KEY)
        other = make_ticket(alice)
        for path, body in (
            (f"tickets/{ticket.pk}/reply", {"message": "Something else now."}),
            (f"tickets/{other.pk}/reply", REPLY),
            ("tickets", NEW),
        ):
            answer = alice_api.post(path, body, **KEY)
            assert (answer.status, answer.code) == (409, "idempotency_key_reused")
        assert TicketMessage.objects.count() == 3

    def test_keys_are_each_persons_own(self, alice_api: ApiClient, bob_api: ApiClient) -> None:
        first, second = alice_api.post("tickets", NEW, **KEY), bob_api.post("tickets", NEW, **KEY)
        assert first.data["id"] != second.data["id"]

    def test_without_a_key_every_request_writes(self, alice_api: ApiClient) -> None:
        alice_api.post("tickets", NEW)
        alice_api.post("tickets", NEW)
        assert Ticket.objects.count() == 2
        assert not IdempotencyKey.objects.exists()

    def test_a_refused_request_leaves_its_key_free(self, bob_api: ApiClient, ticket: Ticket) -> None:
        assert bob_api.post(f"tickets/{ticket.pk}/reply", REPLY, **KEY).status == 404
        assert bob_api.post("tickets", NEW, **KEY).status == 201

    @pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "é", "a/b", "a\tb"])
    def test_a_key_of_another_shape_is_400_and_named(self, alice_api: ApiClient, key: str) -> None:
        answer = alice_api.post("tickets", NEW, **{"Idempotency-Key": key})
        assert (answer.status, list(answer.fields)) == (400, ["Idempotency-Key"])
        assert not Ticket.objects.exists()


def key_on(page: str) -> str:
    found = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert found
    return found[1]


class TestInTheBrowser:
    @pytest.fixture
    def browser(self, alice: User) -> Client:
        client = Client()
        client.force_login(alice)
        return client

    def test_a_form_sent_twice_opens_one_ticket(self, browser: Client) -> None:
        form = {**NEW, "idempotency_key": key_on(browser.get("/support").text)}
        first, second = browser.post("/support", form), browser.post("/support", form)
        assert first["Location"] == second["Location"] == f"/support/{Ticket.objects.get().pk}"

    def test_a_reply_sent_twice_is_one_message(self, browser: Client, ticket: Ticket) -> None:
        form = {**REPLY, "idempotency_key": key_on(browser.get(f"/support/{ticket.pk}").text)}
        for _ in range(2):
            assert browser.post(f"/support/{ticket.pk}/reply", form).status_code == 302
        assert ticket.messages.count() == 2

    def test_every_form_has_a_key_of_its_own_and_keeps_it_while_it_is_corrected(self, browser: Client) -> None:
        first, second = (key_on(browser.get("/support").text) for _ in range(2))
        assert first != second
        refused = browser.post("/support", {**NEW, "message": "short", "idempotency_key": first})
        assert key_on(refused.text) == first

    def test_another_text_from_an_old_form_is_kept_and_can_be_sent_again(self, browser: Client) -> None:
        form = {**NEW, "idempotency_key": key_on(browser.get("/support").text)}
        browser.post("/support", form)
        changed = {**form, "message": "And another thing altogether."}
        refused = browser.post("/support", changed)
        assert refused.status_code == 409
        assert "And another thing altogether." in refused.text
        again = {**changed, "idempotency_key": key_on(refused.text)}
        assert browser.post("/support", again).status_code == 302
        assert Ticket.objects.count() == 2

    def test_an_answer_sent_twice_in_the_admin_is_one_message(self, sam: User, ticket: Ticket) -> None:
        staff = Client()
        staff.force_login(sam)
        page = staff.get(reverse("admin:support_ticket_change", args=[ticket.pk])).text
        form = {**REPLY, "idempotency_key": key_on(page)}
        for _ in range(2):
            assert staff.post(reverse("admin:support_ticket_reply", args=[ticket.pk]), form).status_code == 302
        assert ticket.messages.count() == 2


def test_keys_are_forgotten_after_a_day(alice_api: ApiClient) -> None:
    alice_api.post("tickets", NEW, **KEY)
    assert forget_old_keys() == 0
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_old_keys() == 1
    assert alice_api.post("tickets", NEW, **KEY).status == 201
    assert Ticket.objects.count() == 2
