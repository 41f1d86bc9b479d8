"""What people are told: their list, what is new of it, and which of it also comes by mail."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import MailChoice, Notification, User
from accounts.services.notifications import Kind, notify
from tests.api_client import ApiClient
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db


def tell(user: User, title: str = "80 % of your data is used", kind: Kind = Kind.USAGE, link: str = "") -> Notification:
    notify(user, kind, title, link=link, mail="welcome")
    return Notification.objects.latest("created_at")


@pytest.fixture
def page(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


class TestOverTheApi:
    def test_my_list_is_mine_and_newest_first(self, alice: User, bob: User, alice_api: ApiClient) -> None:
        tell(alice, "First")
        tell(bob, "Bob's")
        tell(alice, "Second")
        assert [note["title"] for note in alice_api.get("notifications").data["items"]] == ["Second", "First"]

    def test_reading_one_and_all(self, alice: User, alice_api: ApiClient) -> None:
        first, _ = tell(alice), tell(alice)
        for _ in range(2):
            assert alice_api.post(f"notifications/{first.pk}/read").status == 200
        assert Notification.objects.filter(read_at=None).count() == 1
        assert alice_api.post("notifications/read-all").status == 200
        assert not Notification.objects.filter(read_at=None).exists()

    def test_anothers_notification_does_not_exist(self, alice: User, bob_api: ApiClient) -> None:
        note = tell(alice)
        assert bob_api.post(f"notifications/{note.pk}/read").status == 404
        assert bob_api.post(f"notifications/{uuid4()}/read").status == 404
        bob_api.post("notifications/read-all")
        assert Notification.objects.get().read_at is None

    def test_a_kind_that_is_not_wanted_comes_without_a_mail(self, alice: User, alice_api: ApiClient) -> None:
        answer = alice_api.patch("users/me/mail-choices", {"kind": "usage", "wanted": False})
        assert answer.data["choices"]["usage"] is False
        tell(alice)
        tell(alice, kind=Kind.SUPPORT)
        assert len(waiting_mails()) == 1
        assert Notification.objects.count() == 2
        alice_api.patch("users/me/mail-choices", {"kind": "usage", "wanted": True})
        tell(alice)
        assert len(waiting_mails()) == 2

    def test_security_mails_cannot_be_switched_off(self, alice: User, alice_api: ApiClient) -> None:
        answer = alice_api.patch("users/me/mail-choices", {"kind": "security", "wanted": False})
        assert (answer.status, answer.code) == (409, "security_mail_required")
        tell(alice, kind=Kind.SECURITY)
        assert len(waiting_mails()) == 1

    @pytest.mark.parametrize("body", [{"kind": "weather", "wanted": True}, {"kind": "usage"}, {"wanted": True}, {}])
    def test_a_bad_choice_is_400(self, alice_api: ApiClient, body: dict[str, object]) -> None:
        assert alice_api.patch("users/me/mail-choices", body).status == 400
        assert not MailChoice.objects.exists()


class TestPages:
    def test_the_bell_says_how_many_are_new(self, page: Client, alice: User) -> None:
        assert "new</span>" not in page.get("/settings").text
        for _ in range(3):
            tell(alice)
        assert '<span class="badge">3<span class="visually-hidden"> new</span>' in page.get("/settings").text

    def test_opening_one_reads_it_and_goes_where_it_leads(self, page: Client, alice: User, bob: User) -> None:
        note = tell(alice, link="/devices")
        assert page.get(f"/notifications/{note.pk}/open").status_code == 405
        assert page.post(f"/notifications/{note.pk}/open").headers["Location"] == "/devices"
        assert Notification.objects.get().read_at is not None
        assert page.post(f"/notifications/{tell(bob).pk}/open").status_code == 404

    def test_what_is_said_is_text(self, page: Client, alice: User) -> None:
        tell(alice, "<script>alert(1)</script>")
        assert "<script>alert" not in page.get("/notifications").text

    def test_the_choices_are_saved_and_security_stays(self, page: Client, alice: User) -> None:
        page.post("/settings/notifications", {"usage": "on"})
        wanted = dict(MailChoice.objects.filter(user=alice).values_list("kind", "wanted"))
        assert wanted == {"usage": True, "devices": False, "billing": False, "support": False, "news": False}

    def test_a_page_costs_the_same_with_many(
        self, page: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(15):
            tell(alice)
        with django_assert_max_num_queries(5):
            page.get("/notifications")
