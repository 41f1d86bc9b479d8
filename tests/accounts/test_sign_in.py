from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import LoginHistory, Session, User
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db


def test_the_right_password_gives_a_token_and_a_line_of_history(api: ApiClient, alice: User) -> None:
    answer = api.post("auth/login", {"email": "Alice@Example.com", "password": PASSWORD}, **{"User-Agent": "curl/8"})
    assert answer.status == 200
    assert set(answer.data) == {"user", "token", "expires_at"}
    entry = LoginHistory.objects.get()
    assert (entry.user, entry.outcome, entry.ip_address, entry.user_agent) == (alice, "success", "192.0.2.1", "curl/8")


@pytest.mark.parametrize("password", ["wrong", PASSWORD.upper(), "x" * 128, " " + PASSWORD, "\0"])
def test_a_wrong_password_is_401_and_recorded(api: ApiClient, alice: User, password: str) -> None:
    answer = api.post("auth/login", {"email": alice.email, "password": password})
    assert answer.status in (400, 401)
    if answer.status == 401:
        assert answer.code == "invalid_credentials"
        assert LoginHistory.objects.get().outcome == "failed"


def test_an_unknown_address_answers_like_a_wrong_password(api: ApiClient, alice: User) -> None:
    wrong = api.post("auth/login", {"email": alice.email, "password": "wrong"})
    unknown = api.post("auth/login", {"email": "nobody@example.com", "password": "wrong"})
    assert (unknown.status, unknown.body["error"], unknown.body["message"]) == (
        wrong.status,
        wrong.body["error"],
        wrong.body["message"],
    )
    assert LoginHistory.objects.filter(user=None).count() == 1


def test_a_suspended_account_is_told_only_with_the_right_password(api: ApiClient, alice: User) -> None:
    token = token_of(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert ApiClient(token).get("users/me").code == "invalid_token"
    assert api.post("auth/login", {"email": alice.email, "password": "wrong"}).code == "invalid_credentials"
    answer = api.post("auth/login", {"email": alice.email, "password": PASSWORD})
    assert (answer.status, answer.code) == (403, "account_suspended")
    assert LoginHistory.objects.filter(outcome="blocked").count() == 1


def test_logout_ends_the_token_at_once(alice_api: ApiClient) -> None:
    assert alice_api.post("auth/logout").status == 200
    assert alice_api.get("users/me").code == "invalid_token"


def test_a_token_of_a_deleted_user_is_nobodys(alice: User, alice_api: ApiClient) -> None:
    alice.delete()
    assert alice_api.get("users/me").code == "invalid_token"


def test_a_token_ends_with_its_time(alice: User, alice_api: ApiClient) -> None:
    Session.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert alice_api.get("users/me").status == 401


def test_only_the_hash_of_a_token_is_stored(alice: User) -> None:
    token = token_of(alice)
    row = Session.objects.values().get()
    assert token not in str(row)
    assert len(token) >= 40


class TestSessions:
    def test_they_are_listed_with_the_current_one_marked(self, alice: User, alice_api: ApiClient) -> None:
        other = token_of(alice)
        items = alice_api.get("auth/sessions").data["items"]
        assert [item["is_current"] for item in items] == [False, True]
        assert ApiClient(other).get("auth/sessions").data["items"][0]["is_current"] is True

    def test_one_can_be_ended_from_another(self, alice: User, alice_api: ApiClient) -> None:
        other = ApiClient(token_of(alice))
        ended = next(item for item in alice_api.get("auth/sessions").data["items"] if not item["is_current"])
        assert alice_api.delete(f"auth/sessions/{ended['id']}").status == 200
        assert other.get("users/me").status == 401
        assert alice_api.delete(f"auth/sessions/{ended['id']}").status == 404

    def test_anothers_is_not_there(self, alice_api: ApiClient, bob_api: ApiClient) -> None:
        bobs = bob_api.get("auth/sessions").data["items"][0]["id"]
        assert alice_api.delete(f"auth/sessions/{bobs}").status == 404
        assert bob_api.get("users/me").status == 200

    def test_use_is_noted_only_every_few_minutes(self, alice_api: ApiClient) -> None:
        before = Session.objects.get().last_seen_at
        alice_api.get("users/me")
        assert Session.objects.get().last_seen_at == before
        Session.objects.update(last_seen_at=before - timedelta(minutes=6))
        alice_api.get("users/me")
        assert Session.objects.get().last_seen_at > before


def test_history_is_ones_own_newest_first(api: ApiClient, alice: User, bob: User, alice_api: ApiClient) -> None:
    api.post("auth/login", {"email": alice.email, "password": "wrong"})
    api.post("auth/login", {"email": alice.email, "password": PASSWORD})
    api.post("auth/login", {"email": bob.email, "password": PASSWORD})
    items = alice_api.get("auth/history").data["items"]
    assert [item["outcome"] for item in items] == ["success", "failed"]


def test_the_profile_changes_its_name_and_nothing_else(alice: User, alice_api: ApiClient) -> None:
    assert alice_api.patch("users/me", {"full_name": "Alice A."}).data["full_name"] == "Alice A."
    for name in ("email", "is_staff", "referral_code", "stripe_customer_id"):
        assert alice_api.patch("users/me", {name: "x"}).code == "unknown_field"
    alice.refresh_from_db()
    assert (alice.full_name, alice.email, alice.is_staff) == ("Alice A.", "alice@example.com", False)
