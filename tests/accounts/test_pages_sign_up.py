"""Making an account in a browser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from accounts.models import Session, User
from referrals.models import Referral
from tests.api_client import ApiClient
from tests.factories.referrals import make_programme

# Limits count by the minute; a test must not begin in one and end in the next.
NOW = datetime.now(UTC)
FORM = {"email": "dana@example.com", "password": "a long enough password", "full_name": "Dana", "referral_code": ""}


@pytest.fixture
def page(db: None) -> Client:
    return Client()


def test_a_new_person_is_asked_to_look_into_their_mail_and_may_sign_in(page: Client) -> None:
    answer = page.post("/signup", FORM, follow=True)
    assert answer.redirect_chain == [("/signup/sent", 302)]
    assert "Check your mail" in answer.text
    assert 'href="/login?next=/welcome"' in answer.text
    signed_in = page.post("/login", {"email": FORM["email"], "password": FORM["password"]}, follow=True)
    assert "Confirm your e-mail address." in signed_in.text


def test_an_address_that_has_an_account_gets_the_same_page(page: Client, alice: User) -> None:
    new, known = (page.post("/signup", {**FORM, "email": email}) for email in (FORM["email"], alice.email.upper()))
    assert (known.status_code, known.headers["Location"]) == (new.status_code, new.headers["Location"])
    assert {user.full_name for user in User.objects.all()} == {"Alice", "Dana"}


def test_without_verification_a_new_person_is_signed_in_and_sees_the_first_step(
    page: Client, settings: Settings
) -> None:
    settings.EMAIL_VERIFICATION = False
    answer = page.post("/signup", FORM, follow=True)
    assert answer.redirect_chain == [("/welcome", 302), ("/welcome/device", 302)]
    assert "dana@example.com" in answer.text
    assert User.objects.get().full_name == "Dana"
    assert Session.objects.get(user__email="dana@example.com").kind == "browser"


def test_a_referral_link_fills_in_its_code_and_the_account_names_who_brought_it(page: Client, alice: User) -> None:
    answer = page.get(f"/r/{alice.referral_code}", follow=True)
    assert answer.redirect_chain == [("/signup", 302)]
    assert f'value="{alice.referral_code}"' in answer.text
    page.post("/signup", {**FORM, "referral_code": alice.referral_code})
    assert Referral.objects.get().referrer == alice
    assert page.cookies["referral"].value == ""


def test_the_code_is_remembered_for_a_month_out_of_reach_of_scripts(page: Client, alice: User) -> None:
    page.get(f"/r/{alice.referral_code.lower()}")
    cookie = page.cookies["referral"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (30 * 24 * 3600, True, "Lax")
    assert alice.referral_code in page.get("/signup").text


@pytest.mark.parametrize("code", ["BCDFGHJKMNPQ", "nobodys", "2" * 16])
def test_a_code_that_nobody_has_leads_to_the_form_and_claims_nothing(page: Client, code: str) -> None:
    answer = page.get(f"/r/{code}", follow=True)
    assert answer.redirect_chain == [("/signup", 302)]
    assert code not in answer.text
    assert "referral" not in page.cookies


def test_the_code_of_a_suspended_person_is_nobodys(page: Client, alice: User) -> None:
    User.objects.update(is_active=False)
    page.get(f"/r/{alice.referral_code}")
    assert "referral" not in page.cookies


def test_beside_a_code_the_page_says_what_the_two_get(page: Client, alice: User) -> None:
    make_programme()
    promised = "you and whoever invited you each get $5.00"
    assert promised not in page.get("/signup").text
    assert promised in page.get(f"/r/{alice.referral_code}", follow=True).text
    typed = {**FORM, "email": "x", "referral_code": alice.referral_code.lower()}
    assert promised in page.post("/signup", typed).text
    assert promised not in page.post("/signup", {**typed, "referral_code": "NOBODYS"}).text


def test_while_nothing_is_given_nothing_is_promised_and_what_is_seen_is_said(page: Client, alice: User) -> None:
    make_programme(is_open=False)
    text = page.get(f"/r/{alice.referral_code}", follow=True).text
    assert "credit" not in text
    assert "sees when you joined, with your address masked" in text


def test_ones_own_link_brings_nobody(page: Client, alice: User, bob: User) -> None:
    page.force_login(alice)
    page.get(f"/r/{alice.referral_code}")
    assert "referral" not in page.cookies
    page.get(f"/r/{bob.referral_code}")
    assert "referral" in page.cookies


def test_the_code_of_somebody_who_was_suspended_since_is_not_filled_in_and_is_refused(
    page: Client, alice: User
) -> None:
    page.get(f"/r/{alice.referral_code}")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert alice.referral_code not in page.get("/signup").text
    answer = page.post("/signup", {**FORM, "referral_code": alice.referral_code})
    assert (answer.status_code, User.objects.count()) == (400, 1)


@pytest.mark.parametrize("path", ["/r/", "/r/" + "2" * 17, "/r/a/b", "/r/%C3%A9"])
def test_what_cannot_be_a_code_is_no_page(page: Client, path: str) -> None:
    assert page.get(path).status_code == 404


def test_a_forged_referral_cookie_is_ignored(page: Client, alice: User) -> None:
    page.cookies["referral"] = f"{alice.referral_code}:1:forged"
    assert alice.referral_code not in page.get("/signup").text


@pytest.mark.parametrize(
    ("changes", "status", "text"),
    [
        ({"email": "not an address"}, 400, "Enter a valid email address."),
        ({"email": ""}, 400, "This field is required."),
        ({"email": "a\0b@example.com"}, 400, "Null characters are not allowed."),
        ({"password": "short"}, 400, "too short"),
        ({"password": "password1234"}, 400, "too common"),
        ({"password": "dana@example.co"}, 400, "too similar"),
        ({"password": "x" * 129}, 400, "at most 128 characters"),
        ({"referral_code": "NOBODYS"}, 400, "This referral code does not exist."),
    ],
)
def test_a_refused_form_says_why_and_keeps_all_but_the_password(
    page: Client, alice: User, changes: dict[str, str], status: int, text: str
) -> None:
    sent = {**FORM, **changes}
    answer = page.post("/signup", sent)
    assert answer.status_code == status
    assert text in answer.text
    assert 'value="Dana"' in answer.text
    assert f'value="{sent["password"]}"' not in answer.text
    assert User.objects.count() == 1


def test_a_name_is_text_and_never_markup(page: Client) -> None:
    answer = page.post("/signup", {**FORM, "email": "x", "full_name": '"><script>alert(1)</script>'})
    assert "<script>alert" not in answer.text
    assert "&quot;&gt;&lt;script&gt;alert(1)" in answer.text


@time_machine.travel(NOW, tick=False)
def test_pages_and_api_share_the_limit_on_new_accounts(page: Client, api: ApiClient) -> None:
    for number in range(2):
        body = {"email": f"d{number}@example.com", "password": FORM["password"]}
        assert api.post("auth/register", body, remote_addr="192.0.2.7").status == 201
    third = page.post("/signup", {**FORM, "email": "bad"}, REMOTE_ADDR="192.0.2.7")
    assert third.status_code == 400
    refused = page.post("/signup", FORM, REMOTE_ADDR="192.0.2.7")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert "Wait a moment" in refused.text
    assert f'value="{FORM["full_name"]}"' in refused.text
    assert not User.objects.filter(email=FORM["email"]).exists()
    assert page.post("/signup", FORM, REMOTE_ADDR="192.0.2.8").status_code == 302


def test_looking_at_the_form_is_not_counted(page: Client) -> None:
    assert [page.get("/signup").status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize("path", ["/signup", "/login"])
def test_who_is_signed_in_is_sent_to_the_dashboard(page: Client, alice: User, path: str) -> None:
    page.force_login(alice)
    for answer in (page.get(path), page.post(path, FORM)):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/dashboard")


def test_a_form_without_its_token_is_refused(db: None) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/signup", FORM)
    assert answer.status_code == 403
    assert "out of date" in answer.text
    assert not User.objects.exists()
