"""Changing one's password: asked for the present one, and signed out everywhere else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, AuditEvent, Notification, User
from accounts.services.api_keys import create_api_key
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import PASSWORD
from tests.factories.factors import code_of, give_totp, wrong_code_of
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db
NEW = "a new and long secret"
BODY = {"current_password": PASSWORD, "new_password": NEW}


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def test_over_the_api_the_present_session_stays_and_every_other_ends(
    api: ApiClient, alice: User, alice_api: ApiClient, browser: Client
) -> None:
    other = ApiClient(token_of(alice))
    assert alice_api.post("auth/password/change", BODY).status == 200
    assert alice_api.get("users/me").status == 200
    assert other.get("users/me").status == 401
    assert browser.get("/settings").status_code == 302
    assert api.post("auth/login", {"email": alice.email, "password": PASSWORD}).status == 401
    assert api.post("auth/login", {"email": alice.email, "password": NEW}).status == 200


def test_on_the_page_the_present_browser_stays_and_every_other_ends(
    browser: Client, alice: User, alice_api: ApiClient
) -> None:
    other = Client()
    other.force_login(alice)
    done = browser.post("/settings/password", BODY, follow=True)
    assert done.redirect_chain == [("/settings/password", 302)]
    assert "Your password is changed." in done.text
    assert alice_api.get("users/me").status == 401
    assert other.get("/settings").status_code == 302
    assert browser.get("/settings").status_code == 200


def test_the_person_is_told_and_it_is_on_record(alice: User, alice_api: ApiClient) -> None:
    alice_api.post("auth/password/change", BODY)
    (mail,) = waiting_mails()
    assert (mail.to, mail.row.kind, NEW in mail.text) == (alice.email, "password_changed", False)
    assert AuditEvent.objects.get(person_id=alice.pk).action == "password_changed"


def test_the_keys_that_go_on_working_are_named(alice: User, alice_api: ApiClient) -> None:
    create_api_key(user=alice, name="Backups", scopes=["read"])
    create_api_key(user=alice, name="Old", scopes=["read"])
    ApiKey.objects.filter(name="Old").update(expires_at=timezone.now())
    alice_api.post("auth/password/change", BODY)
    (mail,) = waiting_mails("password_changed")
    for text in (mail.text, mail.html):
        assert "Your API keys go on working: Backups. " in text
        assert "/settings/api-keys" in text
    line = Notification.objects.get(title="Your password was changed")
    assert ("API keys go on working" in line.text, line.link) == (True, "/settings/api-keys")


def test_a_wrong_present_one_is_in_the_history(alice: User, alice_api: ApiClient, browser: Client) -> None:
    body = {**BODY, "current_password": "not mine"}
    alice_api.post("auth/password/change", body)
    browser.post("/settings/password", body)
    browser.post("/settings/security/confirm", {"password": "not mine"})
    kinds = list(alice.login_history.order_by("id").values_list("outcome", "kind"))
    assert kinds == [("failed", "token"), ("failed", "browser"), ("failed", "browser")]


def test_without_keys_nothing_is_said_of_them(alice_api: ApiClient) -> None:
    alice_api.post("auth/password/change", BODY)
    (mail,) = waiting_mails("password_changed")
    assert "API key" not in mail.text + mail.html
    assert Notification.objects.get(title="Your password was changed").link == "/password/forgot"


def test_a_wrong_password_changes_nothing_and_is_no_end_of_the_session(
    alice: User, alice_api: ApiClient, browser: Client
) -> None:
    answer = alice_api.post("auth/password/change", {**BODY, "current_password": "wrong"})
    assert (answer.status, answer.code, list(answer.fields)) == (400, "wrong_password", ["current_password"])
    page = browser.post("/settings/password", {**BODY, "current_password": "wrong"})
    assert (page.status_code, "This is not your password." in page.text) == (400, True)
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert alice_api.get("users/me").status == 200


@pytest.mark.parametrize("bad", ["short", "password123", "x" * 129, "alice@example.com"])
def test_a_bad_new_one_is_named(alice_api: ApiClient, bad: str) -> None:
    answer = alice_api.post("auth/password/change", {**BODY, "new_password": bad})
    assert (answer.status, list(answer.fields)) == (400, ["new_password"])


def test_guessing_is_limited_like_signing_in(alice_api: ApiClient, browser: Client) -> None:
    wrong = {**BODY, "current_password": "wrong"}
    answers = [alice_api.post("auth/password/change", wrong) for _ in range(5)]
    assert [answer.status for answer in answers] == [400] * 5
    refused = alice_api.post("auth/password/change", BODY, remote_addr="192.0.2.99")
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert browser.post("/settings/password", BODY, REMOTE_ADDR="192.0.2.98").status_code == 429


def test_nobody_changes_it_who_is_not_signed_in(db: None) -> None:
    assert Client().get("/settings/password").headers["Location"] == "/login?next=/settings/password"


def test_who_has_a_second_factor_is_asked_for_a_code_too(alice: User, alice_api: ApiClient, browser: Client) -> None:
    assert 'name="code"' not in browser.get("/settings/password").text
    give_totp(alice)
    without = alice_api.post("auth/password/change", BODY)
    assert (without.status, without.code, list(without.fields)) == (400, "invalid_code", ["code"])
    assert 'name="code"' in browser.get("/settings/password").text
    assert browser.post("/settings/password", BODY).status_code == 400
    wrong = alice_api.post("auth/password/change", {**BODY, "code": wrong_code_of(alice)})
    assert (wrong.status, wrong.code) == (400, "invalid_code")
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert alice_api.post("auth/password/change", {**BODY, "code": code_of(alice)}).status == 200


def test_the_page_takes_the_code(alice: User, browser: Client) -> None:
    give_totp(alice)
    assert browser.post("/settings/password", {**BODY, "code": code_of(alice)}).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(NEW)
