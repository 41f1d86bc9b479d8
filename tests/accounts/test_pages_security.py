"""Settings, security: what is on, setting up, asking again, removing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Passkey, RecoveryCode, Session, TotpSeed, User
from tests.accounts.browsers import Browser, add_passkey, signed_in_browser
from tests.factories.accounts import PASSWORD
from tests.factories.authenticator import Authenticator
from tests.factories.factors import code_of, give_recovery_codes, give_totp, wrong_code_of
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db
PAGES = [
    "/settings/security/authenticator",
    "/settings/security/authenticator/remove",
    "/settings/security/recovery-codes",
    "/settings/security/passkeys/new",
    "/settings/security/passkeys/11111111-1111-4111-8111-111111111111",
    "/settings/security/passkeys/11111111-1111-4111-8111-111111111111/remove",
]


def test_the_page_says_what_is_on_and_since_when(alice: User) -> None:
    browser = signed_in_browser(alice)
    page = browser.get("/settings/security")
    assert "Your password alone opens this account." in page.text
    assert "/settings/security/authenticator" in page.text
    give_totp(alice)
    give_recovery_codes(alice)
    text = browser.get("/settings/security").text
    assert "Your password alone" not in text
    assert "10 left" in text
    assert f"{timezone.now():%-d\xa0%b\xa0%Y}" in text
    assert "no-store" in browser.get("/settings/security")["Cache-Control"]


def test_setting_up_an_authenticator_from_the_first_page_to_the_codes(alice: User) -> None:
    browser = signed_in_browser(alice)
    address = "/settings/security/authenticator"
    assert "data-qr" not in browser.get(address).text
    assert not TotpSeed.objects.exists()
    assert browser.post(address, {"begin": "yes"})["Location"] == address
    page = browser.get(address)
    [secret] = re.findall(r'<pre class="code" id="totp-secret" tabindex="0">([A-Z2-7 ]+)</pre>', page.text)
    assert f"secret={secret.replace(' ', '')}" in page.context["setup"].otpauth_url
    assert browser.get(address).context["setup"] == page.context["setup"]
    wrong = browser.post(address, {"code": wrong_code_of(alice)})
    assert wrong.status_code == 400
    assert "This code is wrong" in wrong.text
    shown = browser.post(address, {"code": code_of(alice)})
    assert shown.status_code == 200
    assert len(re.findall(r"(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}\n", shown.text)) == 10
    assert Session.objects.get(user=alice).second_factor_at is not None
    again = browser.post(address, {"code": code_of(alice)})
    assert again.status_code == 409
    assert browser.post(address, {"begin": "yes"})["Location"] == "/settings/security"


@pytest.mark.parametrize("path", PAGES)
def test_every_change_is_for_people_who_were_asked_lately(alice: User, path: str) -> None:
    browser = signed_in_browser(alice)
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        for answer in (browser.get(path), browser.post(path, {"begin": "yes", "code": "123456", "name": "x"})):
            assert answer["Location"] == f"/settings/security/confirm?next={path.replace('/', '%2F')}"
        assert not TotpSeed.objects.exists()
        form = {"password": PASSWORD, "next": path}
        assert browser.post("/settings/security/confirm", {**form, "password": "wrong"}).status_code == 400
        assert browser.post("/settings/security/confirm", form)["Location"] == path
        assert browser.get(path).status_code in (200, 404)


@pytest.mark.parametrize("path", [*PAGES, "/settings/security", "/settings/security/confirm"])
def test_nobody_who_is_not_signed_in_sees_any_of_it(path: str) -> None:
    for answer in (Client().get(path), Client().post(path)):
        assert answer["Location"].startswith("/login?next=/settings/security")


def test_being_asked_again_takes_a_code_too_from_who_has_a_factor(alice: User) -> None:
    browser = signed_in_browser(alice)
    give_totp(alice)
    before = browser.cookies["session"].value
    ask = "/settings/security/confirm"
    assert browser.post(ask, {"password": PASSWORD}).status_code == 400
    assert browser.post(ask, {"password": PASSWORD, "code": wrong_code_of(alice)}).status_code == 400
    answer = browser.post(ask, {"password": PASSWORD, "code": code_of(alice), "next": "https://evil.example"})
    assert answer["Location"] == "/settings/security"
    assert browser.cookies["session"].value != before
    assert Session.objects.get(user=alice).second_factor_at is not None


def test_removing_the_authenticator_asks_and_ends_the_recovery_codes(alice: User) -> None:
    browser = signed_in_browser(alice)
    give_totp(alice)
    give_recovery_codes(alice)
    address = "/settings/security/authenticator/remove"
    assert "Remove the authenticator app?" in browser.get(address).text
    assert TotpSeed.objects.exists()
    assert browser.post(address)["Location"] == "/settings/security"
    assert not TotpSeed.objects.exists()
    assert not RecoveryCode.objects.exists()
    [mail] = waiting_mails("second_factor")
    assert "Your password alone signs you in now" in mail.text


def test_new_recovery_codes_are_shown_once(alice: User) -> None:
    browser = signed_in_browser(alice)
    address = "/settings/security/recovery-codes"
    refused = browser.post(address, follow=True)
    assert "There is no second factor" in refused.text
    give_totp(alice)
    old = give_recovery_codes(alice)
    asked = browser.get(address).text
    assert old[0] not in asked
    assert "data-returns" in asked
    shown = browser.post(address).text
    assert old[0] not in shown
    assert "Save these now." in shown
    assert "data-returns" not in shown
    assert waiting_mails("second_factor")[-1].subject == "New recovery codes were made"


def test_passkeys_are_offered_under_host_names_only(alice: User) -> None:
    by_address = Browser("127.0.0.1")
    by_address.give_password(alice)
    assert "Add passkey" not in by_address.get("/settings/security").text
    assert "passkeys.js" not in by_address.get("/settings/security/passkeys/new").text
    assert by_address.post("/settings/security/passkeys/options").status_code == 409
    assert "data-passkey" not in Client(HTTP_HOST="127.0.0.1").get("/login").text
    assert 'data-passkey="get"' in Browser().get("/login").text


def test_a_passkey_is_added_renamed_and_removed(alice: User) -> None:
    browser = signed_in_browser(alice)
    shown = add_passkey(browser, Authenticator(), "Work laptop")
    assert shown.status_code == 200
    assert "The passkey “Work laptop” is added." in shown.text
    assert len(re.findall(r"(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}\n", shown.text)) == 10
    second = add_passkey(browser, Authenticator(), "Key")
    assert second["Location"] == "/settings/security"
    passkey = Passkey.objects.get(name="Work laptop")
    address = f"/settings/security/passkeys/{passkey.pk}"
    assert browser.post(address, {"name": "Home"})["Location"] == "/settings/security"
    assert browser.post(address, {"name": "a\nb"}).status_code == 400
    assert "Home" in browser.get("/settings/security").text
    browser.post(f"{address}/remove")
    assert not Passkey.objects.filter(pk=passkey.pk).exists()
    assert RecoveryCode.objects.count() == 10
    browser.post(f"/settings/security/passkeys/{Passkey.objects.get().pk}/remove")
    assert not RecoveryCode.objects.exists()
    assert waiting_mails("second_factor")[-1].subject == "The passkey “Key” was removed"


@pytest.mark.parametrize("page", ["", "/remove"])
def test_another_persons_passkey_is_not_there(alice: User, bob: User, page: str) -> None:
    add_passkey(signed_in_browser(bob), Authenticator())
    passkey = Passkey.objects.get()
    browser = signed_in_browser(alice)
    address = f"/settings/security/passkeys/{passkey.pk}{page}"
    assert browser.get(address).status_code == 404
    assert browser.post(address, {"name": "mine"}).status_code == 404
    passkey.refresh_from_db()
    assert passkey.name == "Laptop"


def test_a_name_is_data(alice: User) -> None:
    browser = signed_in_browser(alice)
    shown = add_passkey(browser, Authenticator(), "<script>alert(1)</script>")
    assert "<script>alert(1)" not in shown.text + browser.get("/settings/security").text
    assert "<script>alert(1)" not in waiting_mails("second_factor")[0].html


def test_who_has_no_codes_left_is_not_told_that_they_lose_them(alice: User) -> None:
    browser = signed_in_browser(alice)
    give_totp(alice)
    address = "/settings/security/recovery-codes"
    assert "You have none left." in browser.get(address).text
    give_recovery_codes(alice)
    assert "The codes that you have now will no longer work" in browser.get(address).text
