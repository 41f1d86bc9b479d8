"""Second factors as people use them, in a real browser: an authenticator app, recovery codes, and passkeys of Chromium's own."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from accounts.services.totp import STEP_S, code_at
from tests.browser.people import PASSWORD, Person, read_qr, sign_in
from tests.browser.watch import Watch
from tests.live.stack import Stack

pytestmark = pytest.mark.live


def give_password(page: Page, email: str, address: str = "/login") -> None:
    page.goto(address)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def next_code(seed: bytes) -> str:
    """A code whose step is newer than the last one's: what a person sees who waits for the next."""
    return code_at(seed, int(time.time()) // STEP_S + 1)


def set_up(page: Page) -> tuple[bytes, list[str]]:
    """Set up an authenticator by its QR code; returns the seed, as the app has it, and the recovery codes."""
    page.goto("/settings/security")
    page.get_by_role("link", name="Set up app").click()
    page.get_by_role("button", name="Show QR code").click()
    address = urlsplit(read_qr(page.locator("[data-qr] svg")))
    secret = parse_qs(address.query)["secret"][0]
    assert page.locator("#totp-secret").inner_text().replace(" ", "") == secret
    seed = base64.b32decode(secret + "=" * (-len(secret) % 8))
    page.get_by_label("Code from the app").fill(code_at(seed, int(time.time()) // STEP_S))
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    codes = page.locator("#recovery-codes").inner_text().split()
    assert len(codes) == 10
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download file").click()
    assert Path(waiting.value.path()).read_text().split() == codes
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_text("10 left")).to_be_visible()
    return seed, codes


def test_an_authenticator_from_setting_up_to_signing_in_and_removing_it(
    context: BrowserContext, watch: Watch, person: Person
) -> None:
    watch.expected = {400}
    page = context.new_page()
    sign_in(page, person.email)
    seed, _ = set_up(page)
    page.get_by_role("button", name="Sign out").click()

    give_password(page, person.email, "/login?next=/devices")
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_label("Code").fill("12 34")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("This code is wrong or was used already.")).to_be_visible()
    code = next_code(seed)
    page.get_by_label("Code").fill(f"{code[:3]} {code[3:]}")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/devices")

    page.goto("/settings/security/authenticator/remove")
    page.get_by_role("button", name="Remove app").click()
    expect(page.get_by_text("The authenticator app is removed.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, person.email)
    watch.assert_quiet()


def test_a_lost_phone_is_no_lost_account(context: BrowserContext, watch: Watch, person: Person, stack: Stack) -> None:
    page = context.new_page()
    sign_in(page, person.email)
    _, codes = set_up(page)
    page.get_by_role("button", name="Sign out").click()
    give_password(page, person.email)
    page.get_by_label("Code").fill(codes[3].lower())
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/dashboard")
    page.goto("/settings/security")
    expect(page.get_by_text("9 left")).to_be_visible()
    page.get_by_role("link", name="Make new codes").click()
    page.get_by_role("button", name="Make new codes").click()
    assert codes[4] not in page.locator("#recovery-codes").inner_text()
    subjects = {
        row[0]
        for row in stack.sql(
            "SELECT m.subject FROM accounts_mail m JOIN accounts_user u ON u.id = m.user_id WHERE u.email = %s",
            person.email,
        )
    }
    assert {"An authenticator app was added", "A recovery code was used", "New recovery codes were made"} <= subjects
    watch.assert_quiet()


def virtual_authenticator(page: Page, **options: Any) -> tuple[CDPSession, str]:
    """Chromium's own, as a laptop with a fingerprint reader would be."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    settings = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        **options,
    }
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": settings})
    return session, str(added["authenticatorId"])


@pytest.fixture
def local(open_context: Callable[..., BrowserContext], stack: Stack) -> BrowserContext:
    """By the host name: there are no passkeys for addresses."""
    return open_context(base_url=f"http://localhost:{stack.port}")


def test_a_passkey_is_made_stands_beside_the_password_and_signs_in_alone(
    local: BrowserContext, person: Person, stack: Stack
) -> None:
    watch = Watch(local)
    page = local.new_page()
    session, device = virtual_authenticator(page)
    sign_in(page, person.email)
    page.goto("/settings/security")
    page.get_by_role("link", name="Add passkey").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_text("The passkey “Laptop” is added.")).to_be_visible()
    assert len(page.locator("#recovery-codes").inner_text().split()) == 10
    [credential] = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert credential["isResidentCredential"]
    assert credential["rpId"] == "localhost"

    # The same device makes no second one for the account.
    page.goto("/settings/security/passkeys/new")
    page.get_by_label("Name").fill("Again")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_text("There is a passkey for this account on that device already.")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    give_password(page, person.email, "/login?next=/devices")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/devices")
    page.get_by_role("button", name="Sign out").click()

    page.goto("/login?next=/referrals")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile(r"\d/referrals$"))
    [(count, at)] = stack.sql(
        "SELECT sign_count, last_used_at FROM accounts_passkey p JOIN accounts_user u ON u.id = p.user_id WHERE email = %s",
        person.email,
    )
    assert count > 1
    assert at is not None

    page.goto("/settings/security/confirm?next=/settings/security")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile(r"\d/settings/security$"))
    page.get_by_role("link", name="Rename or remove Laptop").click()
    page.get_by_role("link", name="Remove passkey").click()
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/login")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("This passkey was not accepted.")).to_be_visible()
    watch.assert_quiet()


def test_a_device_that_does_not_know_who_holds_it_signs_nobody_in(local: BrowserContext, person: Person) -> None:
    page = local.new_page()
    session, device = virtual_authenticator(page)
    sign_in(page, person.email)
    page.goto("/settings/security/passkeys/new")
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto("/login")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("No passkey was shown.")).to_be_visible()


def test_without_scripts_or_passkeys_nothing_is_offered_that_cannot_work(
    open_context: Callable[..., BrowserContext], stack: Stack, person: Person
) -> None:
    context = open_context(base_url=f"http://localhost:{stack.port}", java_script_enabled=False)
    page = context.new_page()
    page.goto("/login")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    give_password(page, person.email)
    page.goto("/settings/security/passkeys/new")
    expect(page.get_by_text("This browser cannot make passkeys")).to_be_visible()
    page.goto("/settings/security/authenticator")
    page.get_by_role("button", name="Show QR code").click()
    secret = page.locator("#totp-secret").inner_text().replace(" ", "")
    seed = base64.b32decode(secret + "=" * (-len(secret) % 8))
    page.get_by_label("Code from the app").fill(code_at(seed, int(time.time()) // STEP_S))
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
