"""Signing in and out in a browser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from accounts.models import LoginHistory, Session, User
from tests.api_client import ApiClient
from tests.factories.accounts import PASSWORD

# Limits count by the minute; a test must not begin in one and end in the next.
NOW = datetime.now(UTC)
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    " //evil.example",
    "/\n/evil.example",
]


@pytest.fixture
def page(db: None) -> Client:
    return Client()


def form(**changes: str) -> dict[str, str]:
    return {"email": "alice@example.com", "password": PASSWORD, **changes}


def test_signing_in_leads_to_the_dashboard_and_is_recorded(page: Client, alice: User) -> None:
    answer = page.post(
        "/login", form(email=" ALICE@Example.com "), REMOTE_ADDR="192.0.2.5", HTTP_USER_AGENT="Browser 1"
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/dashboard")
    session = Session.objects.get(user=alice)
    assert (session.kind, session.ip_address, session.user_agent) == ("browser", "192.0.2.5", "Browser 1")
    entry = LoginHistory.objects.get()
    assert (entry.user, entry.outcome, entry.kind) == (alice, "success", "browser")


@pytest.mark.parametrize(
    "changes", [{"password": "not this one"}, {"email": "nobody@example.com"}, {"email": "not an address"}]
)
def test_a_wrong_address_and_a_wrong_password_are_told_alike(
    page: Client, alice: User, changes: dict[str, str]
) -> None:
    sent = form(**changes)
    answer = page.post("/login", sent)
    assert answer.status_code == 400
    assert "The e-mail address or the password is wrong." in answer.text
    assert f'value="{sent["email"]}"' in answer.text
    assert sent["password"] not in answer.text
    assert not Session.objects.filter(user=alice).exists()


def test_a_suspended_person_is_told_so_after_the_right_password_only(page: Client, alice: User) -> None:
    User.objects.update(is_active=False)
    assert "suspended" not in page.post("/login", form(password="wrong")).text
    answer = page.post("/login", form())
    assert answer.status_code == 403
    assert "This account is suspended." in answer.text


def test_the_session_gets_a_new_name_at_sign_in(page: Client, alice: User) -> None:
    fixed = page.session
    fixed["planted"] = "by somebody else"
    fixed.save()
    page.cookies[settings.SESSION_COOKIE_NAME] = str(fixed.session_key)
    page.post("/login", form())
    assert page.cookies[settings.SESSION_COOKIE_NAME].value != fixed.session_key
    assert Session.objects.count() == 1


def test_the_page_that_was_asked_for_is_opened_after_signing_in(page: Client, alice: User) -> None:
    asked = page.get("/devices?page=1")
    assert asked.headers["Location"] == "/login?next=/devices%3Fpage%3D1"
    shown = page.get(asked.headers["Location"])
    assert '<input type="hidden" name="next" value="/devices?page=1">' in shown.text
    assert page.post("/login", form(next="/devices?page=1")).headers["Location"] == "/devices?page=1"


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_never_leads_to_another_site(page: Client, alice: User, target: str) -> None:
    assert target.strip() not in page.get("/login", {"next": target}).text
    assert page.post("/login", form(next=target)).headers["Location"] == "/dashboard"
    assert page.get("/login", {"next": target}).headers["Location"] == "/dashboard"


@time_machine.travel(NOW, tick=False)
def test_the_sixth_try_is_refused_on_the_page_and_over_the_api_alike(page: Client, api: ApiClient, alice: User) -> None:
    for number in range(5):
        address = f"192.0.2.{number + 10}"
        if number % 2:
            assert api.post("auth/login", form(password="wrong"), remote_addr=address).status == 401
        else:
            assert page.post("/login", form(password="wrong"), REMOTE_ADDR=address).status_code == 400
    refused = page.post("/login", form(), REMOTE_ADDR="192.0.2.99")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    # The form, with what was typed.
    assert f'value="{alice.email}"' in refused.text
    assert f"You can try again in {refused.headers['Retry-After']} second" in refused.text
    assert api.post("auth/login", form(), remote_addr="192.0.2.98").status == 429
    assert not Session.objects.filter(user=alice).exists()


@time_machine.travel(NOW, tick=False)
def test_one_address_may_try_five_times_a_minute_whatever_the_account(page: Client, alice: User) -> None:
    statuses = [page.post("/login", form(email=f"u{number}@example.com")).status_code for number in range(6)]
    assert statuses == [400] * 5 + [429]


@pytest.mark.parametrize("path", ["/", "/privacy/what-we-store"])
def test_no_cache_keeps_a_page_of_everybodys_that_somebody_signed_in_has_seen(
    page: Client, alice: User, path: str
) -> None:
    assert "no-store" not in page.get(path).headers.get("Cache-Control", "")
    page.force_login(alice)
    assert "no-store" in page.get(path).headers["Cache-Control"]


def test_an_answer_that_comes_late_takes_no_cookie_away(page: Client, alice: User) -> None:
    """One window polls with the key that a confirmation in another window has just replaced."""
    name = settings.SESSION_COOKIE_NAME
    page.post("/login", form())
    polling = Client()
    polling.cookies[name] = page.cookies[name].value
    page.post("/settings/security/confirm", {"password": PASSWORD})
    assert page.cookies[name].value != polling.cookies[name].value
    late = polling.get("/dashboard")
    assert late.status_code == 302
    assert name not in late.cookies
    assert "Cookie" in late.headers["Vary"]
    assert page.post("/logout").cookies[name].value == ""


def test_signing_out_ends_the_session_in_the_database(page: Client, alice: User) -> None:
    page.post("/login", form())
    stolen = page.cookies[settings.SESSION_COOKIE_NAME].value
    answer = page.post("/logout")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert not Session.objects.exists()
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert thief.get("/dashboard").status_code == 302


def test_a_link_cannot_sign_anybody_out(page: Client, alice: User) -> None:
    page.force_login(alice)
    assert page.get("/logout").status_code == 405
    assert page.get("/dashboard").status_code == 200


@pytest.mark.parametrize("path", ["/signup", "/login"])
def test_forms_with_secrets_are_not_kept_by_any_cache(page: Client, path: str) -> None:
    assert "no-store" in page.get(path).headers["Cache-Control"]
