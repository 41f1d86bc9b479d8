"""A file of a thread goes to its customer and to staff, as a download that no browser shows or runs."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from support.downloads import TYPES
from support.models import Attachment, Ticket
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.support import make_attachment, make_message, make_ticket
from tests.queries import recorded_queries

EVIL = b"<script>alert(document.domain)</script>"


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def file(ticket: Ticket) -> Attachment:
    return make_attachment(ticket.messages.get(), EVIL, name="Grüße an alle.log")


def page_of(file: Attachment) -> str:
    return reverse("ticket-attachment", args=[file.message.ticket_id, file.pk])


def endpoint_of(file: Attachment) -> str:
    return f"/api/v1/tickets/{file.message.ticket_id}/attachments/{file.pk}"


class TestDownload:
    @pytest.fixture(params=["page", "api"])
    def answer(self, request: pytest.FixtureRequest, alice: User, file: Attachment) -> object:
        if request.param == "page":
            return browser_of(alice).get(page_of(file))
        return Client().get(endpoint_of(file), headers={"Authorization": f"Bearer {token_of(alice)}"})

    def test_it_is_the_file_to_save_and_nothing_to_show(self, answer: object) -> None:
        assert answer.status_code == 200  # type: ignore[attr-defined]
        assert answer.content == EVIL  # type: ignore[attr-defined]
        headers = answer.headers  # type: ignore[attr-defined]
        assert headers["Content-Type"] == "text/plain; charset=utf-8"
        assert headers["Content-Disposition"] == "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe%20an%20alle.log"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Length"] == str(len(EVIL))

    @pytest.mark.parametrize("kind", Attachment.Kind.values)
    def test_every_kind_has_its_type(self, alice: User, ticket: Ticket, kind: str) -> None:
        file = make_attachment(ticket.messages.get(), kind=kind, name=f"x.{kind}")
        answer = browser_of(alice).get(page_of(file))
        assert answer.headers["Content-Type"] == TYPES[Attachment.Kind(kind)]
        assert answer.headers["Content-Disposition"] == f'attachment; filename="x.{kind}"'

    def test_head_says_the_same_and_reads_no_bytes(self, alice: User, file: Attachment) -> None:
        browser = browser_of(alice)
        whole = browser.get(page_of(file))
        with recorded_queries() as queries:
            head = browser.head(page_of(file))
        assert (head.status_code, head.content) == (200, b"")
        assert dict(head.headers) | {"X-Request-ID": ""} == dict(whole.headers) | {"X-Request-ID": ""}
        assert not any('content"."data"' in query for query in queries)


class TestWho:
    def test_staff_read_it_over_both_ways(self, helper: User, file: Attachment) -> None:
        assert browser_of(helper).get(page_of(file)).content == EVIL
        answer = Client().get(endpoint_of(file), headers={"Authorization": f"Bearer {token_of(helper)}"})
        assert answer.content == EVIL

    def test_for_a_stranger_it_does_not_exist(self, bob: User, bob_api: ApiClient, file: Attachment) -> None:
        assert browser_of(bob).get(page_of(file)).status_code == 404
        assert bob_api.get(endpoint_of(file).removeprefix("/api/v1/")).status == 404

    def test_who_is_not_signed_in_is_asked_to(self, file: Attachment) -> None:
        answer = Client().get(page_of(file))
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login")
        assert Client().get(endpoint_of(file)).status_code == 401

    def test_it_is_found_in_its_own_thread_only(self, alice: User, bob: User, file: Attachment) -> None:
        mine, theirs = make_ticket(alice), make_ticket(bob)
        for ticket_id in (mine.pk, theirs.pk, uuid4()):
            assert browser_of(alice).get(reverse("ticket-attachment", args=[ticket_id, file.pk])).status_code == 404
        stolen = reverse("ticket-attachment", args=[theirs.pk, file.pk])
        assert browser_of(bob).get(stolen).status_code == 404

    def test_a_file_of_a_note_is_staffs_alone(self, alice: User, helper: User, ticket: Ticket) -> None:
        note = make_message(ticket, author=helper, by_staff=True, is_note=True)
        file = make_attachment(note)
        assert browser_of(alice).get(page_of(file)).status_code == 404
        assert browser_of(helper).get(page_of(file)).status_code == 200

    def test_what_was_removed_is_no_more(self, alice: User, file: Attachment) -> None:
        file.content.delete()
        assert browser_of(alice).get(page_of(file)).status_code == 404

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_it_is_only_read(self, alice: User, file: Attachment, method: str) -> None:
        assert getattr(browser_of(alice), method)(page_of(file)).status_code == 405
        assert Attachment.objects.filter(pk=file.pk).exists()

    def test_a_404_of_the_api_has_the_envelope(self, alice: User) -> None:
        path = f"/api/v1/tickets/{uuid4()}/attachments/{uuid4()}"
        answer = Client().get(path, headers={"Authorization": f"Bearer {token_of(alice)}"})
        assert json.loads(answer.content)["error"]["code"] == "not_found"
