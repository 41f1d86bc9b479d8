"""Proving an address: what waits for it, the link, and asking for another one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.errors import EmailUnverified
from accounts.models import AuditEvent, EmailToken, Mail, User
from accounts.services.addresses import ask_for_change, pending_change
from accounts.services.api_keys import create_api_key
from accounts.services.verification import check_verified
from tests.accounts.links import token_mailed
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.jobs import run_waiting_jobs
from tests.mails import waiting_mails
from tests.stored import text_of_every_table

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora() -> User:
    """Somebody who has not yet shown that the mailbox is theirs."""
    return make_user("dora@example.com", full_name="Dora", email_verified_at=None)


def ask(api: ApiClient, email: str) -> None:
    answer = api.post("auth/verify-email/resend", {"email": email})
    assert (answer.status, answer.data) == (200, None)
    run_waiting_jobs()


def test_a_new_account_gets_a_link_that_verifies_it(api: ApiClient) -> None:
    api.post("auth/register", {"email": "dora@example.com", "password": "a long enough secret"})
    run_waiting_jobs()
    token = token_mailed("verify_email")
    assert token not in text_of_every_table()
    assert not User.objects.get().is_verified
    assert api.post("auth/verify-email", {"token": token}).status == 200
    assert User.objects.get().is_verified
    assert [mail.row.kind for mail in waiting_mails()] == ["verify_email", "welcome"]
    assert "/welcome\n" in waiting_mails("welcome")[0].text
    assert AuditEvent.objects.filter(action="email_verified", person_id=User.objects.get().pk).count() == 1


def test_a_link_works_once(api: ApiClient, dora: User) -> None:
    ask(api, dora.email)
    token = token_mailed("verify_email")
    answers = [api.post("auth/verify-email", {"token": token}) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 400]
    assert answers[1].code == "invalid_link"


def test_a_link_is_over_after_a_day(api: ApiClient, dora: User) -> None:
    ask(api, dora.email)
    assert EmailToken.objects.get().expires_at > timezone.now() + timedelta(hours=23, minutes=59)
    EmailToken.objects.update(expires_at=timezone.now())
    assert api.post("auth/verify-email", {"token": token_mailed("verify_email")}).code == "invalid_link"


def test_a_newer_link_ends_the_former(api: ApiClient, dora: User) -> None:
    ask(api, dora.email)
    former = token_mailed("verify_email")
    ask(api, dora.email)
    assert api.post("auth/verify-email", {"token": former}).code == "invalid_link"
    assert api.post("auth/verify-email", {"token": token_mailed("verify_email")}).status == 200


@pytest.mark.parametrize("token", ["", "x", "x" * 65, "ä" * 43, "\0", 7, None])
def test_what_is_no_token_is_400(api: ApiClient, token: object) -> None:
    assert api.post("auth/verify-email", {"token": token}).status == 400


def test_a_link_to_a_former_address_verifies_nothing(api: ApiClient, dora: User) -> None:
    ask(api, dora.email)
    User.objects.update(email="other@example.com")
    assert api.post("auth/verify-email", {"token": token_mailed("verify_email")}).code == "invalid_link"
    assert not User.objects.get().is_verified


def test_looking_at_the_link_uses_nothing_up_and_its_button_does(api: ApiClient, dora: User) -> None:
    ask(api, dora.email)
    page, address = Client(), f"/verify-email/{token_mailed('verify_email')}"
    for _ in range(2):
        assert "Confirm address" in page.get(address).text
    assert not User.objects.get().is_verified
    assert page.post(address).headers["Location"] == "/login?next=%2Fwelcome"
    assert User.objects.get().is_verified
    over = page.get(address)
    assert (over.status_code, "This link no longer works" in over.text) == (400, True)
    assert page.post(address).status_code == 400


def test_three_mails_an_hour_and_no_word_of_the_limit(api: ApiClient, dora: User) -> None:
    for _ in range(5):
        ask(api, "DORA@example.com")
    assert len(waiting_mails("verify_email")) == 3
    Mail.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    api.post("auth/verify-email/resend", {"email": dora.email}, remote_addr="192.0.2.9")
    run_waiting_jobs()
    assert len(waiting_mails("verify_email")) == 4


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_who_has_nothing_to_verify_gets_the_same_answer_and_no_mail(api: ApiClient, alice: User, email: str) -> None:
    ask(api, email)
    assert waiting_mails() == []


def test_the_page_asks_for_another_link_and_says_nothing_more(dora: User) -> None:
    pages = [Client().post("/verify-email/resend", {"email": email}) for email in (dora.email, "nobody@example.com")]
    assert [page.status_code for page in pages] == [200, 200]
    assert "If an account with this address" in pages[0].text
    run_waiting_jobs()
    assert [mail.to for mail in waiting_mails()] == [dora.email]


def test_the_dashboard_works_before_and_says_what_waits(dora: User, alice: User) -> None:
    browser = Client()
    for user, told in ((dora, True), (alice, False)):
        browser.force_login(user)
        page = browser.get("/dashboard")
        assert (page.status_code, "Confirm your e-mail address." in page.text) == (200, told)


def test_the_first_device_needs_no_verified_address_and_the_second_does(dora: User) -> None:
    make_server(make_location("ams"))
    grant(dora, "pro")
    api = ApiClient(token_of(dora))

    def add(name: str) -> tuple[int, str]:
        answer = api.post("devices", {"name": name, "location": "ams", "public_key": new_key()})
        return answer.status, "" if answer.status == 201 else answer.code

    assert add("Phone") == (201, "")
    assert add("Laptop") == (403, "email_unverified")
    User.objects.update(email_verified_at=timezone.now())
    assert add("Laptop") == (201, "")


def test_what_is_bought_needs_a_verified_address_unless_nobody_is_asked(
    dora: User, alice: User, settings: Settings
) -> None:
    check_verified(alice)
    with pytest.raises(EmailUnverified):
        check_verified(dora)
    settings.EMAIL_VERIFICATION = False
    check_verified(dora)


def test_who_is_made_at_the_prompt_is_verified() -> None:
    assert User.objects.create_superuser("root@example.com", PASSWORD).is_verified


def test_proving_ends_what_is_there_from_before_but_the_session_that_follows_the_link(
    api: ApiClient, dora: User, bob: User
) -> None:
    stays, other, bobs = ApiClient(token_of(dora)), ApiClient(token_of(dora)), ApiClient(token_of(bob))
    key = ApiClient(create_api_key(user=dora, name="Script", scopes=["read", "profile"])[0])
    ask_for_change(user=dora, email="mallory@example.com")
    ask(api, dora.email)
    assert stays.post("auth/verify-email", {"token": token_mailed("verify_email")}).status == 200
    assert [client.get("users/me").status for client in (stays, other, key, bobs)] == [200, 401, 401, 200]
    assert pending_change(dora) is None
    event = AuditEvent.objects.get(action="email_verified")
    assert event.details == {"sessions_ended": 1, "api_keys_ended": 1}
    assert "API keys have ended" in waiting_mails("second_factor")[0].text


def test_a_token_that_opens_nothing_beside_the_link_does_not_stop_it(api: ApiClient, dora: User) -> None:
    ask(api, dora.email)
    assert ApiClient("nvs_over").post("auth/verify-email", {"token": token_mailed("verify_email")}).status == 200


@pytest.mark.parametrize("own", [True, False])
def test_the_browser_that_follows_the_link_stays_signed_in_and_another_does_not(
    api: ApiClient, dora: User, bob: User, own: bool
) -> None:
    follows, other = Client(), Client()
    follows.force_login(dora if own else bob)
    other.force_login(dora)
    ask(api, dora.email)
    done = follows.post(f"/verify-email/{token_mailed('verify_email')}")
    assert done.headers["Location"] == "/welcome"
    assert (follows.get("/dashboard").status_code, other.get("/dashboard").status_code) == (200, 302)
