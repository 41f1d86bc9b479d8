"""A forgotten password."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, EmailToken, Notification, Passkey, RecoveryCode, Session, User
from accounts.services.addresses import ask_for_change, pending_change
from accounts.services.api_keys import create_api_key
from accounts.services.second_factor import methods_of
from tests.accounts.links import token_mailed
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.factors import give_recovery_codes, give_totp
from tests.jobs import run_waiting_jobs
from tests.mails import waiting_mails
from tests.stored import text_of_every_table

pytestmark = pytest.mark.django_db
NEW = "a new and long secret"


@time_machine.travel(datetime.now(UTC), tick=False)
@pytest.mark.parametrize("path", ["/password/forgot", "/verify-email/resend"])
def test_who_asks_too_often_finds_the_address_still_in_the_form(path: str) -> None:
    answers = [Client().post(path, {"email": "dana@example.com"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 'value="dana@example.com"' in answers[5].text
    assert int(answers[5].headers["Retry-After"]) > 0


def ask(api: ApiClient, email: str, **meta: str) -> None:
    answer = api.post("auth/password/forgot", {"email": email}, **meta)
    assert (answer.status, answer.data) == (200, None)
    run_waiting_jobs()


@pytest.fixture
def token(api: ApiClient, alice: User) -> str:
    ask(api, "ALICE@example.com")
    return token_mailed("password_reset")


def test_the_link_sets_a_password_and_signs_everybody_out(api: ApiClient, alice: User, token: str) -> None:
    other, browser = ApiClient(token_of(alice)), Client()
    browser.force_login(alice)
    assert token not in text_of_every_table()
    answer = api.post("auth/password/reset", {"token": token, "password": NEW})
    assert (answer.status, answer.data) == (200, None)
    assert other.get("users/me").status == 401
    assert browser.get("/dashboard").status_code == 302
    assert not Session.objects.exists()
    assert api.post("auth/login", {"email": alice.email, "password": PASSWORD}).status == 401
    assert api.post("auth/login", {"email": alice.email, "password": NEW}).status == 200


def test_the_person_is_told_by_mail_and_in_their_list_and_it_is_on_record(
    api: ApiClient, alice: User, token: str
) -> None:
    api.post("auth/password/reset", {"token": token, "password": NEW})
    assert [mail.to for mail in waiting_mails("password_changed")] == [alice.email]
    assert Notification.objects.get(user=alice).kind == "security"
    assert list(AuditEvent.objects.filter(person_id=alice.pk).order_by("at").values_list("action", flat=True)) == [
        "password_reset_asked",
        "password_reset",
    ]


def test_it_verifies_the_address_whose_mailbox_was_read(api: ApiClient) -> None:
    dora = make_user("dora@example.com", email_verified_at=None)
    ask(api, dora.email)
    api.post("auth/password/reset", {"token": token_mailed("password_reset"), "password": NEW})
    assert User.objects.get().is_verified


def test_a_link_works_once_and_for_an_hour(api: ApiClient, alice: User, token: str) -> None:
    assert timezone.now() < EmailToken.objects.get().expires_at <= timezone.now() + timedelta(hours=1)
    body = {"token": token, "password": NEW}
    assert [api.post("auth/password/reset", body).status for _ in range(2)] == [200, 400]
    ask(api, alice.email)
    EmailToken.objects.update(expires_at=timezone.now())
    late = api.post("auth/password/reset", {"token": token_mailed("password_reset"), "password": NEW})
    assert late.code == "invalid_link"


def test_a_bad_password_is_refused_and_the_link_still_works(api: ApiClient, token: str) -> None:
    for bad in ("password123", "alice@example.com", "x" * 129, "short"):
        answer = api.post("auth/password/reset", {"token": token, "password": bad})
        assert (answer.status, list(answer.fields)) == (400, ["password"])
    assert api.post("auth/password/reset", {"token": token, "password": NEW}).status == 200


def test_a_token_of_another_purpose_sets_no_password(api: ApiClient) -> None:
    dora = make_user("dora@example.com", email_verified_at=None)
    api.post("auth/verify-email/resend", {"email": dora.email})
    run_waiting_jobs()
    token = token_mailed("verify_email")
    assert api.post("auth/password/reset", {"token": token, "password": NEW}).code == "invalid_link"


def test_a_changed_password_ends_the_link(alice_api: ApiClient, api: ApiClient, token: str) -> None:
    alice_api.post("auth/password/change", {"current_password": PASSWORD, "new_password": NEW})
    answer = api.post("auth/password/reset", {"token": token, "password": "yet another secret"})
    assert answer.code == "invalid_link"


def test_three_mails_an_hour_and_no_word_of_the_limit(api: ApiClient, alice: User) -> None:
    for number in range(5):
        ask(api, alice.email, remote_addr=f"192.0.2.{number}")
    assert len(waiting_mails("password_reset")) == 3


def test_an_unknown_address_gets_the_same_answer_and_no_mail(api: ApiClient) -> None:
    ask(api, "nobody@example.com")
    assert waiting_mails() == []


def test_somebody_suspended_may_set_one_and_it_opens_nothing(api: ApiClient, alice: User) -> None:
    User.objects.update(is_active=False)
    ask(api, alice.email)
    api.post("auth/password/reset", {"token": token_mailed("password_reset"), "password": NEW})
    assert api.post("auth/login", {"email": alice.email, "password": NEW}).code == "account_suspended"


def test_the_pages_lead_from_the_sign_in_to_a_new_password(alice: User) -> None:
    page = Client()
    assert 'href="/password/forgot"' in page.get("/login").text
    assert "If there is an account with this address" in page.post("/password/forgot", {"email": alice.email}).text
    run_waiting_jobs()
    address = f"/password/reset/{token_mailed('password_reset')}"
    for _ in range(2):
        assert alice.email in page.get(address).text
    refused = page.post(address, {"password": "password123"})
    assert (refused.status_code, "too common" in refused.text) == (400, True)
    done = page.post(address, {"password": NEW}, follow=True)
    assert done.redirect_chain == [("/login", 302)]
    assert "Your new password is set." in done.text
    assert "_auth_user_id" not in page.session
    assert page.get(address).status_code == 400


@time_machine.travel(datetime(2026, 11, 27, 12, tzinfo=UTC), tick=False)
def test_the_page_says_the_same_of_every_address(alice: User) -> None:
    def body(email: str) -> str:
        text = Client().post("/password/forgot", {"email": email}, headers={"X-Request-ID": "same"}).text
        # The forms of the foot have a token of their own in each answer.
        return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", text)

    assert body(alice.email) == body("nobody@example.com")


def test_it_ends_a_change_of_address_that_somebody_else_had_asked_for(api: ApiClient) -> None:
    dora = make_user("dora@example.com", email_verified_at=None)
    ask_for_change(user=dora, email="mallory@example.com")
    ask(api, dora.email)
    api.post("auth/password/reset", {"token": token_mailed("password_reset"), "password": NEW})
    late = api.post("auth/email-change", {"token": token_mailed("email_change_new")})
    assert (late.status, late.code, pending_change(dora)) == (400, "invalid_link", None)
    assert User.objects.get().email == "dora@example.com"


def leave_ways_in(user: User) -> str:
    """An authenticator, a passkey, recovery codes and an API key, which is returned."""
    give_totp(user)
    give_recovery_codes(user)
    Passkey.objects.create(user=user, name="Phone", credential_id=b"id", credential=b"public")
    return create_api_key(user=user, name="Script", scopes=["read"])[0]


@pytest.mark.parametrize("was_verified", [False, True])
def test_whoever_made_the_account_of_another_address_keeps_no_way_in(api: ApiClient, was_verified: bool) -> None:
    dora = make_user("dora@example.com", email_verified_at=timezone.now() if was_verified else None)
    key = leave_ways_in(dora)
    ask(api, dora.email)
    api.post("auth/password/reset", {"token": token_mailed("password_reset"), "password": NEW})
    assert ApiClient(key).get("users/me").status == (200 if was_verified else 401)
    assert bool(methods_of(dora)) is was_verified
    assert RecoveryCode.objects.filter(user=dora).exists() is was_verified
    told = [mail.text for mail in waiting_mails("second_factor")]
    assert len(told) == (0 if was_verified else 2)
    removed = AuditEvent.objects.filter(action="second_factors_removed", person_id=dora.pk)
    assert [event.details["methods"] for event in removed] == (
        [] if was_verified else [["totp", "passkey", "recovery_code"]]
    )
    assert (
        api.post("auth/login", {"email": dora.email, "password": NEW}).data.get("requires_2fa", False) is was_verified
    )
