"""While the site is at work customers read that, programs get 503, and staff, nodes and payments go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from nexusvpn import site_state
from nexusvpn.errors import InvalidInput
from nexusvpn.kept import Kept
from nexusvpn.models import SiteState
from nexusvpn.site_state import Maintenance, forget_state, maintenance, set_maintenance
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import PASSWORD
from tests.queries import recorded_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_work(sam: User) -> SiteState:
    until = timezone.now() + timedelta(minutes=20)
    state = set_maintenance(on=True, note="We move to a larger database.", until=until, staff=sam)
    forget_state()
    return state


@pytest.mark.usefixtures("at_work")
class TestWhileAtWork:
    @pytest.mark.parametrize("path", ["/", "/signup", "/help", "/dashboard", "/nowhere"])
    def test_a_customers_page_says_so_calmly(self, client: Client, path: str) -> None:
        page = client.get(path)
        assert page.status_code == 503
        assert 1100 < int(page.headers["Retry-After"]) <= 1200
        assert page.headers["Cache-Control"] == "no-store"
        text = page.content.decode()
        assert "We move to a larger database." in text
        assert "We expect to be back by" in text

    def test_somebody_who_is_signed_in_reads_it_too_and_posts_nothing(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        assert client.get("/devices").status_code == 503
        refused = client.post("/settings", {"full_name": "Somebody"})
        assert refused.status_code == 503
        assert "What you sent was not taken." in refused.text
        assert "What you sent" not in client.get("/settings").text
        alice.refresh_from_db()
        assert alice.full_name == "Alice"

    def test_it_is_said_in_the_readers_language(self, client: Client) -> None:
        page = client.get("/", headers={"accept-language": "de"})
        assert page.headers["Content-Language"] == "de"
        assert "Wir arbeiten gerade daran" in page.content.decode()

    def test_the_api_answers_503_in_the_envelope(self, alice_api: ApiClient) -> None:
        answer = alice_api.get("devices")
        assert (answer.status, answer.code) == (503, "maintenance")
        assert answer.body["message"] == "We move to a larger database."
        assert int(answer.headers["Retry-After"]) > 0

    def test_a_token_of_staff_is_none_of_a_browser(self, sam: User) -> None:
        """Programs have no pages to look after the work by."""
        assert ApiClient(token_of(sam)).get("devices").code == "maintenance"

    def test_staff_see_the_site_as_it_is(self, client: Client, sam: User) -> None:
        client.force_login(sam)
        assert client.get("/").status_code == 200
        assert client.get("/help").status_code == 200

    @pytest.mark.parametrize("path", ["/login", "/status", "/api/health/liveness"])
    def test_what_must_go_on_does(self, client: Client, path: str) -> None:
        assert client.get(path).status_code == 200

    def test_staff_can_sign_in(self, client: Client, sam: User) -> None:
        assert client.get("/admin/").status_code == 302
        assert client.get("/help").status_code == 503
        client.post("/login", {"email": sam.email, "password": PASSWORD})
        assert client.get("/help").status_code == 200

    def test_an_address_that_begins_like_one_is_none(self, client: Client) -> None:
        assert client.get("/login-of-mine").status_code == 503

    def test_nodes_and_payments_are_answered_as_ever(self, client: Client) -> None:
        assert client.get("/api/v1/node/state").status_code == 401
        assert client.post("/webhooks/stripe/", b"{}", content_type="application/json").status_code != 503

    def test_a_session_that_cannot_be_read_is_nobodys(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone(*args: object) -> None:
            raise OperationalError("the connection is closed")

        monkeypatch.setattr("django.contrib.auth.middleware.get_user", gone)
        client.cookies["session"] = "somebody's"
        assert client.get("/").status_code == 503


class TestTheMode:
    def test_it_is_looked_up_once_in_its_time_and_not_by_each_request(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(site_state, "_kept", Kept(site_state._read, 60))
        with recorded_queries() as statements:
            for _ in range(5):
                client.get("/help")
        assert len([sql for sql in statements if "nexusvpn_sitestate" in sql]) == 1

    def test_where_it_was_never_set_the_site_is_open(self) -> None:
        assert not SiteState.objects.exists()
        forget_state()
        assert maintenance() == Maintenance(on=False, note="", until=None)

    def test_with_the_database_away_from_the_start_the_site_is_open(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone() -> Maintenance:
            raise OperationalError("the connection is closed")

        monkeypatch.setattr(site_state, "_kept", Kept(gone, 60))
        assert not maintenance().on

    def test_a_fault_of_ours_is_not_taken_for_that(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def wrong() -> Maintenance:
            raise ValueError("ours")

        monkeypatch.setattr(site_state, "_kept", Kept(wrong, 60))
        with pytest.raises(ValueError, match="ours"):
            maintenance()

    def test_each_change_is_an_act_of_somebody(self, sam: User) -> None:
        set_maintenance(on=True, note="Work", staff=sam)
        set_maintenance(on=True, note="More work", staff=sam)
        state = set_maintenance(on=False, note="forgotten", staff=sam)
        assert (state.maintenance, state.maintenance_note, state.maintenance_until) == (False, "", None)
        acts = AuditEvent.objects.filter(action__startswith="maintenance_", actor_id=sam.pk).order_by("at", "id")
        assert [act.action for act in acts] == ["maintenance_started", "maintenance_changed", "maintenance_ended"]

    def test_the_log_says_what_was_and_what_is(self, sam: User) -> None:
        until = datetime(2030, 1, 1, 10, tzinfo=UTC)
        set_maintenance(on=True, note="Work", staff=sam)
        set_maintenance(on=True, note="Work", until=until, staff=sam)
        set_maintenance(on=False, staff=sam)
        acts = AuditEvent.objects.filter(action__startswith="maintenance_").order_by("at", "id")
        assert [act.details for act in acts] == [
            {"maintenance": ["False", "True"], "maintenance_note": ["", "Work"]},
            {"maintenance_until": ["None", "2030-01-01 10:00:00+00:00"]},
            {
                "maintenance": ["True", "False"],
                "maintenance_note": ["Work", ""],
                "maintenance_until": ["2030-01-01 10:00:00+00:00", "None"],
            },
        ]

    def test_saying_the_same_again_is_no_act(self, sam: User) -> None:
        before = set_maintenance(on=True, note="Work", staff=sam)
        assert set_maintenance(on=True, note="Work", staff=sam).changed_at == before.changed_at
        assert AuditEvent.objects.filter(action__startswith="maintenance_").count() == 1

    def test_ending_what_has_not_begun_is_nothing(self, sam: User) -> None:
        set_maintenance(on=False, staff=sam)
        assert not AuditEvent.objects.filter(action__startswith="maintenance_").exists()

    @pytest.mark.parametrize("note", ["two\nlines", "x" * 301])
    def test_a_note_that_is_no_note_is_refused(self, sam: User, note: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            set_maintenance(on=True, note=note, staff=sam)
        assert set(refused.value.fields) == {"note"}
        assert not SiteState.objects.filter(maintenance=True).exists()


@pytest.mark.django_db
def test_an_end_that_has_passed_is_not_promised_any_more(client: Client, sam: User) -> None:
    set_maintenance(on=True, until=timezone.now() - timedelta(minutes=1), staff=sam)
    forget_state()
    page = client.get("/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "We expect to be back by" not in page.text


@pytest.mark.parametrize(("minutes", "seconds"), [(None, 300), (-5, 30), (10, 600), (600, 3600)])
def test_when_it_is_worth_asking_again(minutes: int | None, seconds: int) -> None:
    until = None if minutes is None else timezone.now() + timedelta(minutes=minutes)
    assert Maintenance(on=True, until=until).retry_after == pytest.approx(seconds, abs=1)
