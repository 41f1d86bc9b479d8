"""Signing in with a second factor in a browser: what is between the password and the dashboard."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from accounts.models import LoginHistory, Session, TotpSeed, User
from tests.accounts.browsers import Browser
from tests.accounts.links import token_mailed
from tests.api_client import ApiClient
from tests.factories.accounts import make_user
from tests.factories.factors import code_of, give_recovery_codes, give_totp, wrong_code_of
from tests.jobs import run_waiting_jobs
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, 12, 0, 10, tzinfo=UTC)


@pytest.fixture
def alice(alice: User) -> User:
    give_totp(alice)
    return alice


def outcomes(user: User) -> list[str]:
    return list(LoginHistory.objects.filter(user=user).order_by("id").values_list("outcome", flat=True))


def test_after_the_password_a_code_is_asked_and_nothing_is_open_before(alice: User) -> None:
    browser = Browser()
    answer = browser.give_password(alice)
    assert (answer.status_code, answer["Location"]) == (302, "/login/code")
    assert not Session.objects.filter(user=alice).exists()
    for path in ("/dashboard", "/settings", "/settings/security", "/devices"):
        assert browser.get(path)["Location"] == f"/login?next={path}"
    page = browser.get("/login/code")
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert alice.email in page.text.replace("<wbr>", "")
    answer = browser.post("/login/code", {"code": code_of(alice), "number": page.context["number"]})
    assert (answer.status_code, answer["Location"]) == (302, "/dashboard")
    assert browser.is_signed_in
    assert Session.objects.get(user=alice).second_factor_at is not None
    assert outcomes(alice) == ["second_factor", "success"]


def continue_with(browser: Client, code: str, **more: str) -> Any:
    number = browser.get("/login/code").context["number"]
    return browser.post("/login/code", {"code": code, "number": number, **more})


def test_the_page_that_was_wanted_is_reached_in_the_end(alice: User) -> None:
    browser = Browser()
    browser.give_password(alice, next="/devices?page=1")
    assert continue_with(browser, code_of(alice))["Location"] == "/devices?page=1"


def test_a_later_step_cannot_choose_another_page(alice: User) -> None:
    browser = Browser()
    browser.give_password(alice)
    assert continue_with(browser, code_of(alice), next="https://evil.example/")["Location"] == "/dashboard"


def test_each_step_gives_the_browser_another_key(alice: User) -> None:
    browser = Browser()
    name, seen = settings.SESSION_COOKIE_NAME, []
    browser.get("/dashboard")
    browser.give_password(alice)
    seen.append(browser.cookies[name].value)
    continue_with(browser, code_of(alice))
    seen.append(browser.cookies[name].value)
    assert len(set(seen)) == 2
    thief = Browser()
    thief.cookies[name] = seen[0]
    assert not thief.is_signed_in
    assert thief.get("/login/code")["Location"] == "/login"


def test_a_wrong_code_is_said_and_counted_over_browsers_and_addresses(alice: User) -> None:
    with time_machine.travel(NOW, tick=False):
        browsers = [Browser(REMOTE_ADDR=f"192.0.2.{number + 10}") for number in range(5)]
        for browser in browsers:
            browser.give_password(alice)
        statuses = [continue_with(browser, wrong_code_of(alice)).status_code for browser in [*browsers, browsers[0]]]
        assert statuses == [400] * 5 + [429]
        assert continue_with(browsers[1], code_of(alice)).status_code == 429
    assert outcomes(alice).count("wrong_code") == 5


def test_a_wrong_code_says_what_to_do(alice: User) -> None:
    browser = Browser()
    browser.give_password(alice)
    page = continue_with(browser, wrong_code_of(alice))
    assert "This code is wrong or was used already." in page.text
    assert not browser.is_signed_in
    assert continue_with(browser, code_of(alice)).status_code == 302


def test_a_recovery_code_opens_too_and_is_told(alice: User) -> None:
    [code, *_] = give_recovery_codes(alice)
    browser = Browser()
    browser.give_password(alice)
    assert continue_with(browser, f"  {code.lower()} ").status_code == 302
    assert browser.is_signed_in
    assert "9 of 10 are left" in waiting_mails("second_factor")[0].text


def test_ten_minutes_after_the_password_it_must_be_shown_again(alice: User) -> None:
    browser = Browser()
    with time_machine.travel(NOW, tick=False) as clock:
        browser.give_password(alice)
        number = browser.get("/login/code").context["number"]
        clock.shift(601)
        late = browser.post("/login/code", {"code": code_of(alice), "number": number}, follow=True)
        assert late.redirect_chain == [("/login", 302)]
        assert "That took too long" in late.text
        assert not browser.is_signed_in


def test_without_a_password_there_is_nothing_to_continue(alice: User) -> None:
    assert Browser().get("/login/code")["Location"] == "/login"
    assert Browser().post("/login/code", {"code": code_of(alice)})["Location"] == "/login"


def test_a_password_that_was_changed_meanwhile_does_not_count(alice: User) -> None:
    browser = Browser()
    browser.give_password(alice)
    alice.set_password("another long secret")
    alice.save()
    assert browser.get("/login/code")["Location"] == "/login"


def test_a_forgotten_password_that_was_set_anew_does_not_open_the_account_alone(alice: User) -> None:
    code = wrong_code_of(alice)
    begun, browser, api = Browser(), Browser(), ApiClient(None)
    begun.give_password(alice)
    for _ in range(5):
        continue_with(begun, code)
    api.post("auth/password/forgot", {"email": alice.email})
    run_waiting_jobs()
    new = "another long sentence"
    assert api.post("auth/password/reset", {"token": token_mailed("password_reset"), "password": new}).status == 200
    assert TotpSeed.objects.filter(user=alice, confirmed_at__isnull=False).exists()
    assert begun.get("/login/code")["Location"] == "/login"
    asked = api.post("auth/login", {"email": alice.email, "password": new})
    assert asked.data == {"requires_2fa": True, "methods": ["totp"]}
    answer = browser.post("/login", {"email": alice.email, "password": new})
    assert answer["Location"] == "/login/code"
    assert not Session.objects.filter(user=alice).exists()
    # What was wrong before counts after it too.
    assert continue_with(browser, code_of(alice)).status_code == 429


def test_who_is_suspended_between_password_and_code_stays_out(alice: User) -> None:
    browser = Browser()
    browser.give_password(alice)
    number = browser.get("/login/code").context["number"]
    User.objects.filter(pk=alice.pk).update(is_active=False)
    page = browser.post("/login/code", {"code": code_of(alice), "number": number})
    assert page.status_code == 403
    assert "This account is suspended." in page.text
    assert outcomes(alice) == ["second_factor", "blocked"]
    assert browser.get("/login/code")["Location"] == "/login"


def test_of_two_tabs_with_different_people_the_older_one_says_so(alice: User) -> None:
    bob = make_user("bob@example.com")
    give_totp(bob)
    browser = Browser()
    browser.give_password(alice)
    older = browser.get("/login/code").context["number"]
    browser.give_password(bob)
    answer = browser.post("/login/code", {"code": code_of(alice), "number": older})
    assert answer.status_code == 409
    assert "Another sign-in was begun" in answer.text
    assert "wrong_code" not in outcomes(alice) + outcomes(bob)
    assert continue_with(browser, code_of(bob)).status_code == 302


def test_a_second_tab_of_somebody_signed_in_goes_on(alice: User) -> None:
    browser = Browser()
    browser.give_password(alice, next="/devices")
    number = browser.get("/login/code").context["number"]
    continue_with(browser, code_of(alice))
    other_tab = browser.post("/login/code", {"code": code_of(alice), "number": number})
    assert (other_tab.status_code, other_tab["Location"]) == (302, "/dashboard")
    assert outcomes(alice) == ["second_factor", "success"]


def test_a_code_for_one_person_is_none_for_another(alice: User) -> None:
    bob = make_user("bob@example.com")
    give_totp(bob)
    browser = Browser()
    browser.give_password(alice)
    assert continue_with(browser, code_of(bob)).status_code == 400


def test_who_has_no_factor_is_signed_in_by_the_password(bob: User) -> None:
    browser = Browser()
    assert browser.give_password(bob)["Location"] == "/dashboard"
    assert browser.is_signed_in
    assert outcomes(bob) == ["success"]
    assert Session.objects.get(user=bob).second_factor_at is None
    assert browser.get("/login/code")["Location"] == "/dashboard"


def test_signing_up_signs_in_by_the_same_door(settings: Any) -> None:
    settings.EMAIL_VERIFICATION = False
    browser = Browser()
    form = {"email": "new@example.com", "password": "a long new sentence", "full_name": "", "referral_code": ""}
    assert browser.post("/signup", form)["Location"] == "/welcome"
    assert outcomes(User.objects.get(email="new@example.com")) == ["success"]
