"""Nobody is asked to show what they do not have: somebody with a passkey alone has no app, and may have no recovery code left."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Passkey, RecoveryCode, User
from tests.accounts.browsers import Browser
from tests.factories.accounts import PASSWORD
from tests.factories.factors import code_of, give_recovery_codes, give_totp

pytestmark = pytest.mark.django_db
CONFIRM = "/settings/security/confirm"
PAGES = [CONFIRM, "/settings/password", "/settings/email", "/settings/privacy/delete"]
HERE = "localhost"
# Over plain HTTP no browser shows a passkey to this one.
ELSEWHERE = "vpn.example"
NOT_HERE = "Browsers allow passkeys only under a host name with HTTPS"


@pytest.fixture(autouse=True)
def any_host(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = [HERE, ELSEWHERE]


def with_passkey(user: User) -> None:
    Passkey.objects.create(user=user, name="Laptop", credential_id=b"1", credential=b"")


def browser_of(user: User, host: str) -> Client:
    browser = Browser(host)
    browser.force_login(user)
    return browser


@pytest.mark.parametrize("page", PAGES)
def test_somebody_with_an_app_alone_is_asked_for_its_code(alice: User, page: str) -> None:
    give_totp(alice)
    text = browser_of(alice, ELSEWHERE).get(page).text
    assert "Six digits from your authenticator app." in text
    assert NOT_HERE not in text


@pytest.mark.parametrize("page", PAGES)
def test_somebody_with_app_and_recovery_codes_may_choose(alice: User, page: str) -> None:
    give_totp(alice)
    give_recovery_codes(alice)
    assert "Six digits from your authenticator app, or a recovery code." in browser_of(alice, ELSEWHERE).get(page).text


@pytest.mark.parametrize("host", [HERE, ELSEWHERE])
@pytest.mark.parametrize("page", PAGES)
def test_somebody_with_a_passkey_is_asked_for_a_recovery_code_and_no_app(alice: User, page: str, host: str) -> None:
    with_passkey(alice)
    codes = give_recovery_codes(alice)
    browser = browser_of(alice, host)
    text = browser.get(page).text
    assert 'name="code"' in text
    assert "Recovery code" in text
    assert "authenticator" not in text
    if page == CONFIRM:
        assert ("data-passkey=" in text, NOT_HERE in text) == (host == HERE, host == ELSEWHERE)
        assert browser.post(CONFIRM, {"password": PASSWORD, "code": codes[0]}).status_code == 302


@pytest.mark.parametrize("page", PAGES)
def test_a_passkey_that_cannot_be_used_here_and_nothing_else_is_not_asked_for(
    alice: User, page: str, settings: Settings
) -> None:
    with_passkey(alice)
    text = browser_of(alice, ELSEWHERE).get(page).text
    assert 'name="code"' not in text
    assert 'name="password"' not in text
    assert NOT_HERE in text
    assert "no recovery code left" in text
    assert "/help/two-factor" in text
    settings.SITE_URL = "https://vpn.example"
    assert f'href="https://vpn.example{page}"' in browser_of(alice, ELSEWHERE).get(page).text


def test_where_the_passkey_works_it_alone_is_asked_for(alice: User) -> None:
    with_passkey(alice)
    text = browser_of(alice, HERE).get(CONFIRM).text
    assert "data-passkey=" in text
    assert "data-passkey-missing" in text
    assert 'name="code"' not in text
    assert 'name="password"' not in text
    assert NOT_HERE not in text


@pytest.mark.parametrize("page", PAGES[1:])
def test_what_takes_a_code_leads_to_new_recovery_codes_where_the_passkey_works(alice: User, page: str) -> None:
    with_passkey(alice)
    text = browser_of(alice, HERE).get(page).text
    assert 'name="code"' not in text
    assert 'href="/settings/security/recovery-codes"' in text


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_let_through_without_what_is_missing(alice: User, page: str) -> None:
    with_passkey(alice)
    form = {
        "password": PASSWORD,
        "current_password": PASSWORD,
        "new_password": "another long sentence",
        "email": "new@example.com",
        "code": "123456",
    }
    for more in ({}, {"code": ""}):
        assert browser_of(alice, ELSEWHERE).post(page, {**form, **more}).status_code == 400
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert alice.deletion_due_at is None


@pytest.mark.parametrize(
    ("codes_are_left", "has_app", "asked"),
    [(True, False, "Recovery code"), (True, True, "or a recovery code."), (False, True, "authenticator app.")],
)
def test_signing_in_asks_for_what_there_is(alice: User, codes_are_left: bool, has_app: bool, asked: str) -> None:
    with_passkey(alice)
    give_recovery_codes(alice)
    if has_app:
        give_totp(alice)
    if not codes_are_left:
        RecoveryCode.objects.all().delete()
    browser = Browser(ELSEWHERE)
    browser.give_password(alice)
    text = browser.get("/login/code").text
    assert asked in text
    assert ("authenticator" in text) == has_app
    if has_app:
        number = browser.get("/login/code").context["number"]
        assert browser.post("/login/code", {"code": code_of(alice), "number": number}).status_code == 302


def test_signing_in_with_nothing_that_works_here_says_where_it_does(alice: User, settings: Settings) -> None:
    settings.SITE_URL = "https://vpn.example"
    with_passkey(alice)
    browser = Browser(ELSEWHERE)
    browser.give_password(alice)
    text = browser.get("/login/code").text
    assert 'name="code"' not in text
    assert NOT_HERE in text
    assert 'href="https://vpn.example/login"' in text


@pytest.mark.parametrize("own", ["http://vpn.example", "https://192.0.2.1", "https://[2001:db8::1]"])
def test_no_way_is_shown_to_where_no_passkey_works_either(alice: User, own: str, settings: Settings) -> None:
    settings.SITE_URL = own
    with_passkey(alice)
    assert f'href="{own}' not in browser_of(alice, ELSEWHERE).get(CONFIRM).text


def test_what_is_asked_of_somebody_who_lost_their_factor_names_it_or_all_of_them(alice: User) -> None:
    way_out = "/help/two-factor"
    with_passkey(alice)
    passkey = asked_after_the_password(alice)
    assert "You have lost your passkey?" in passkey
    assert "all of these" not in passkey
    give_recovery_codes(alice)
    several = asked_after_the_password(alice)
    assert "You have lost all of these?" in several
    Passkey.objects.all().delete()
    RecoveryCode.objects.all().delete()
    give_totp(alice)
    app = asked_after_the_password(alice)
    assert "You have lost your authenticator app?" in app
    assert "all of these" not in app
    assert all(way_out in page for page in (passkey, several, app))


def asked_after_the_password(user: User) -> str:
    browser = Browser(HERE)
    browser.give_password(user)
    return browser.get("/login/code").text
