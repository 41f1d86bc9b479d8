"""Keys for programs: shown once, good for their scopes alone, dead at once when revoked."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.errors import ApiKeyNameTaken, TooManyApiKeys
from accounts.models import ApiKey, AuditEvent, Notification, Session, User
from accounts.services.api_keys import MAX_KEYS, create_api_key
from accounts.services.browser_sign_in import PROVED_AT
from accounts.services.suspension import suspend_account
from nexusvpn.api.scopes import Scope
from nexusvpn.errors import DomainError
from support.services.announcements import forget_banners
from tests.api_client import ApiClient
from tests.factories.accounts import PASSWORD
from tests.factories.announcements import make_announcement
from tests.mails import waiting_mails

EVERY = [scope.value for scope in Scope]


def key_of(user: User, *scopes: str, **more: Any) -> str:
    key, _ = create_api_key(user=user, name=uuid4().hex, scopes=list(scopes), **more)
    return key


@pytest.mark.django_db
class TestOverTheApi:
    def test_it_is_shown_once_and_opens_what_it_says(self, alice_api: ApiClient) -> None:
        made = alice_api.post("users/me/api-keys", {"name": "Backups", "scopes": ["devices"]})
        assert made.status == 201
        assert made.data["key"].startswith(made.data["prefix"])
        (listed,) = alice_api.get("users/me/api-keys").data["items"]
        assert set(listed) == set(made.data) - {"key"}
        assert made.data["key"] not in str(listed)
        assert ApiClient(made.data["key"]).get("devices").status == 200
        assert alice_api.get("users/me/api-keys").data["items"][0]["last_used_at"] is not None

    def test_only_its_hash_is_kept(self, alice: User) -> None:
        key = key_of(alice, "read")
        assert key not in str(ApiKey.objects.values().get())

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": "", "scopes": ["read"]}, "name"),
            ({"name": "a\nb", "scopes": ["read"]}, "name"),
            ({"name": "x" * 61, "scopes": ["read"]}, "name"),
            ({"name": "A", "scopes": []}, "scopes"),
            ({"name": "A", "scopes": ["everything"]}, "scopes"),
            ({"name": "A", "scopes": "read"}, "scopes"),
            ({"name": "A", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
            ({"name": "A", "scopes": ["read"], "expires_at": "soon"}, "expires_at"),
            ({"name": "A"}, "scopes"),
        ],
    )
    def test_bad_input_names_its_field_and_makes_nothing(
        self, alice_api: ApiClient, body: dict[str, Any], field: str
    ) -> None:
        answer = alice_api.post("users/me/api-keys", body)
        assert (answer.status, [name.split(".")[0] for name in answer.fields]) == (400, [field])
        assert not ApiKey.objects.exists()

    def test_an_older_sign_in_asks_for_the_password_once_more(self, alice: User, alice_api: ApiClient) -> None:
        Session.objects.update(created_at=timezone.now() - timedelta(minutes=11))
        body = {"name": "Backups", "scopes": ["read"]}
        asked = alice_api.post("users/me/api-keys", body)
        assert (asked.status, asked.code) == (403, "reauthentication_required")
        wrong = alice_api.post("users/me/api-keys", {**body, "password": "not mine"})
        assert (wrong.status, wrong.code) == (400, "wrong_password")
        assert not ApiKey.objects.exists()
        assert alice_api.post("users/me/api-keys", {**body, "password": PASSWORD}).status == 201

    def test_two_of_one_name_are_a_conflict(self, alice_api: ApiClient) -> None:
        body = {"name": "Backups", "scopes": ["read"]}
        assert alice_api.post("users/me/api-keys", body).status == 201
        again = alice_api.post("users/me/api-keys", body)
        assert (again.status, again.code) == (409, "api_key_name_taken")

    def test_there_is_a_limit(self, alice: User, alice_api: ApiClient) -> None:
        for _ in range(MAX_KEYS):
            key_of(alice, "read")
        answer = alice_api.post("users/me/api-keys", {"name": "One more", "scopes": ["read"]})
        assert (answer.status, answer.code) == (409, "api_key_limit_reached")

    def test_a_revoked_key_is_dead_at_its_next_request(self, alice: User, alice_api: ApiClient) -> None:
        key = ApiClient(key_of(alice, "read"))
        assert key.get("devices").status == 200
        row = ApiKey.objects.get()
        assert alice_api.delete(f"users/me/api-keys/{row.pk}").status == 200
        assert key.get("devices").code == "invalid_token"
        assert alice_api.delete(f"users/me/api-keys/{row.pk}").status == 404

    def test_anothers_key_does_not_exist(self, alice: User, bob_api: ApiClient) -> None:
        key_of(alice, "read")
        assert bob_api.delete(f"users/me/api-keys/{ApiKey.objects.get().pk}").status == 404
        assert bob_api.get("users/me/api-keys").data["items"] == []

    def test_a_key_that_has_ended_opens_nothing(self, alice: User) -> None:
        ends_soon = key_of(alice, "read", expires_at=timezone.now() + timedelta(hours=1))
        forever = key_of(alice, "read")
        ApiKey.objects.filter(expires_at__isnull=False).update(expires_at=timezone.now() - timedelta(hours=1))
        assert ApiClient(ends_soon).get("devices").status == 401
        assert ApiClient(forever).get("devices").status == 200

    def test_making_and_revoking_are_told_and_audited(self, alice: User, alice_api: ApiClient) -> None:
        alice_api.post("users/me/api-keys", {"name": "Backups", "scopes": ["read"]})
        alice_api.delete(f"users/me/api-keys/{ApiKey.objects.get().pk}")
        acts = AuditEvent.objects.filter(person_id=alice.pk).order_by("id").values_list("action", flat=True)
        assert list(acts) == ["api_key_created", "api_key_revoked"]
        assert Notification.objects.get(title="API key made").text == "Backups: read"
        assert [mail.to for mail in waiting_mails("api_key_created")] == [alice.email]


@pytest.mark.django_db
class TestScopes:
    @pytest.mark.parametrize(
        ("method", "path", "opened_by"),
        [
            ("GET", "devices", {"read", "devices"}),
            ("POST", "devices", {"devices"}),
            ("GET", "usage", {"read", "devices"}),
            ("GET", "tickets", {"read", "support"}),
            ("POST", "tickets", {"support"}),
            ("GET", "referrals", {"read", "referrals"}),
            ("GET", "users/me", {"read", "profile"}),
            ("PATCH", "users/me", {"profile"}),
            ("GET", "notifications", {"read", "profile"}),
            ("POST", "notifications/read-all", {"profile"}),
            ("GET", "users/me/api-keys", set()),
            ("POST", "users/me/api-keys", set()),
            ("GET", "auth/sessions", set()),
            ("GET", "auth/history", set()),
            ("POST", "auth/logout", set()),
        ],
    )
    def test_each_opens_its_own_and_reading_opens_every_get(
        self, alice: User, method: str, path: str, opened_by: set[str]
    ) -> None:
        for scope in EVERY:
            answer = ApiClient(key_of(alice, scope)).request(method, path, {} if method != "GET" else None)
            assert (answer.status != 403) is (scope in opened_by), (scope, answer.body)
            if scope not in opened_by:
                assert answer.code == ("scope_required" if opened_by else "session_required")

    def test_the_schema_says_which_key_opens_what(self, client: Client) -> None:
        paths = client.get("/api/schema?format=json", headers={"accept": "application/json"}).content.decode()
        assert "API keys: need the scope `read` or `devices`." in paths
        assert "API keys: not accepted; sign in." in paths


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def _together(self, *calls: Any) -> list[str]:
        """What each call, begun at once on a connection of its own, came to: the error's code, or ok."""
        barrier = Barrier(len(calls))

        def run(call: Any) -> str:
            try:
                barrier.wait()
                call()
            except DomainError as error:
                return error.code
            finally:
                connections.close_all()
            return "ok"

        with ThreadPoolExecutor(len(calls)) as pool:
            return sorted(pool.map(run, calls))

    def test_one_name_at_once_makes_one_key(self, alice: User) -> None:
        call = lambda: create_api_key(user=alice, name="Backups", scopes=["read"])  # noqa: E731
        assert self._together(*[call] * 6) == [ApiKeyNameTaken.code] * 5 + ["ok"]

    def test_the_last_place_is_given_once(self, alice: User) -> None:
        for _ in range(MAX_KEYS - 1):
            key_of(alice, "read")
        calls = [lambda: key_of(alice, "read") for _ in range(6)]
        assert self._together(*calls) == [TooManyApiKeys.code] * 5 + ["ok"]


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def page(self, alice: User) -> Client:
        client = Client()
        client.force_login(alice)
        session = client.session
        session[PROVED_AT] = time.time()
        session.save()
        return client

    def test_whoever_makes_one_is_asked_who_they_are(self, alice: User) -> None:
        key_of(alice, "read")
        browser = Client()
        browser.force_login(alice)
        page = browser.get("/settings/api-keys")
        assert ApiKey.objects.get().prefix in page.text
        assert 'name="scopes"' not in page.text
        asked = browser.post("/settings/api-keys", {"name": "Backups", "scopes": ["read"]})
        assert asked.headers["Location"] == "/settings/security/confirm?next=%2Fsettings%2Fapi-keys"
        assert ApiKey.objects.count() == 1
        assert browser.post(asked.headers["Location"], {"password": PASSWORD})["Location"] == "/settings/api-keys"
        assert 'name="scopes"' in browser.get("/settings/api-keys").text
        assert browser.post("/settings/api-keys", {"name": "Backups", "scopes": ["read"]}).status_code == 201

    def test_the_new_key_is_shown_once(self, page: Client) -> None:
        make_announcement()
        forget_banners()
        assert page.get("/settings/api-keys").text.count("data-returns") == 2
        form = {"name": "Backups", "scopes": ["read", "devices"], "days": "30"}
        made = page.post("/settings/api-keys", form)
        assert made.status_code == 201
        row = ApiKey.objects.get()
        assert row.scopes == ["read", "devices"]
        assert row.expires_at is not None
        assert made.text.count(f"{row.prefix}") == 2
        # Nothing there comes back to a page that does not show it any more.
        assert "data-returns" not in made.text
        assert "no-store" in made.headers["Cache-Control"]
        assert page.get("/settings/api-keys").text.count(row.prefix) == 1

    def test_a_refused_form_says_why(self, page: Client) -> None:
        answer = page.post("/settings/api-keys", {"name": "Backups"})
        assert answer.status_code == 400
        assert "This field is required." in answer.text

    def test_revoking_is_asked_about_first(self, page: Client, alice: User) -> None:
        key_of(alice, "read")
        key = ApiKey.objects.get()
        address = f"/settings/api-keys/{key.pk}/revoke"
        assert f'href="{address}"' in page.get("/settings/api-keys").text
        asked = page.get(address)
        assert "Revoke this key?" in asked.text
        assert key.name in asked.text
        assert ApiKey.objects.exists()
        answers = [page.post(address, follow=True) for _ in range(2)]
        assert [answer.redirect_chain for answer in answers] == [[("/settings/api-keys", 302)]] * 2
        assert ["is revoked" in answer.text for answer in answers] == [True, False]
        assert not ApiKey.objects.exists()
        assert page.get(address).status_code == 404

    def test_anothers_key_is_neither_shown_nor_revoked(self, page: Client, bob: User) -> None:
        key_of(bob, "read")
        address = f"/settings/api-keys/{ApiKey.objects.get().pk}/revoke"
        assert page.get(address).status_code == 404
        assert "is revoked" not in page.post(address, follow=True).text
        assert ApiKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_suspended_persons_keys_open_nothing(alice: User, sam: User) -> None:
    key = ApiClient(key_of(alice, "read"))
    suspend_account(user=alice, by=sam)
    assert key.get("devices").status == 401


@pytest.mark.django_db
def test_what_a_key_was_refused_is_in_the_audit_log_once_a_minute(alice: User) -> None:
    key = ApiClient(key_of(alice, "read"))
    for _ in range(3):
        assert key.post("devices", {}).code == "scope_required"
    assert key.post("users/me/api-keys", {}).code == "session_required"
    denied = AuditEvent.objects.filter(action="denied", person_id=alice.pk).order_by("id")
    assert [act.details["code"] for act in denied] == ["scope_required", "session_required"]
    assert denied[0].details == {"method": "POST", "path": "/api/v1/devices", "code": "scope_required"}
