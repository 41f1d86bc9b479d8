"""From nothing to a device and back, as a person does it: with scripts, with an older browser, and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.people import fill_device, private_key_of, read_qr, sign_up, submit_device
from tests.browser.watch import Watch
from tests.live.stack import Stack
from vpn.wireguard.keys import derive_public_key

pytestmark = pytest.mark.live

# Before its first page a browser shows a blank one, which has no Web Crypto.
NO_X25519 = """
const generateKey = globalThis.SubtleCrypto?.prototype.generateKey;
if (generateKey) SubtleCrypto.prototype.generateKey = function (algorithm, ...rest) {
  if (algorithm.name !== "X25519") return generateKey.call(this, algorithm, ...rest);
  window.x25519Refused = true;
  return Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"));
};
"""
NO_WEB_CRYPTO = """
Object.defineProperty(Crypto.prototype, "subtle", { get() { window.x25519Refused = true; } });
"""
COUNT_X25519 = """
const generateKey = globalThis.SubtleCrypto?.prototype.generateKey;
if (generateKey) SubtleCrypto.prototype.generateKey = function (algorithm, ...rest) {
  if (algorithm.name === "X25519") window.x25519Used = true;
  return generateKey.call(this, algorithm, ...rest);
};
"""


def new_email() -> str:
    return f"{uuid4().hex[:10]}@example.com"


def stored_public_key(stack: Stack, email: str) -> str:
    rows = stack.sql(
        "SELECT d.public_key FROM vpn_vpnconfig d JOIN accounts_user u ON u.id = d.user_id "
        "WHERE u.email = %s AND d.revoked_at IS NULL",
        email,
    )
    assert len(rows) == 1
    return str(rows[0][0])


def downloaded(page: Page) -> tuple[str, str]:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download file").click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_text()


def add_and_check(page: Page, watch: Watch, stack: Stack, email: str) -> str:
    """Add a device by hand, read its QR code and its file, and check where its private key was; returns that key."""
    fill_device(page, "Ada’s phone")
    submit_device(page)
    expect(page.get_by_role("heading", name="Ada’s phone is added")).to_be_focused()
    config = read_qr(page.locator("[data-slot=qr] svg"))
    private_key = private_key_of(config)
    assert derive_public_key(private_key) == stored_public_key(stack, email)
    assert page.locator("#device-config").text_content() == config
    assert downloaded(page) == ("ada-s-phone.conf", config)
    watch.assert_nothing_stored(page, private_key)
    return private_key


def test_signing_up_adding_a_device_and_removing_it(context: BrowserContext, watch: Watch, stack: Stack) -> None:
    context.add_init_script(COUNT_X25519)
    page, email = context.new_page(), new_email()
    sign_up(page, email)
    expect(page.get_by_text("Not connected")).to_be_visible()
    private_key = add_and_check(page, watch, stack, email)
    assert page.evaluate("window.x25519Used") is True
    public_key = derive_public_key(private_key)

    page.get_by_role("link", name="See device").click()
    expect(page.locator("#device-state")).to_contain_text("Activating")
    expect(page.get_by_text(public_key)).to_be_visible()
    name, file = downloaded(page)
    assert name == "ada-s-phone.conf"
    assert "# PrivateKey =" in file
    assert private_key not in file
    page.get_by_role("link", name="Remove device").click()
    page.get_by_role("button", name="Remove device").click()
    expect(page.get_by_text("Ada’s phone is being removed.")).to_be_visible()
    expect(page.get_by_text("You have no devices")).to_be_visible()
    page.goto("/settings")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{stack.url}/")

    watch.assert_never_sent(private_key)
    # The record does hold what was sent: the public half is in it.
    assert [text for text in watch.sent() if public_key.encode() in text]
    assert all(request.url.startswith((stack.url, "blob:", "data:")) for request in watch.requests)
    watch.assert_quiet()
    assert private_key not in stack.logs()


@pytest.mark.parametrize("lacking", [NO_X25519, NO_WEB_CRYPTO], ids=["without X25519", "without Web Crypto"])
def test_an_older_browser_makes_the_key_itself_too(
    context: BrowserContext, watch: Watch, stack: Stack, lacking: str
) -> None:
    context.add_init_script(lacking)
    page, email = context.new_page(), new_email()
    sign_up(page, email)
    private_key = add_and_check(page, watch, stack, email)
    assert page.evaluate("window.x25519Refused") is True
    watch.assert_never_sent(private_key)
    watch.assert_quiet()


def test_without_scripts_the_server_makes_the_key_and_says_so(
    open_context: Callable[..., BrowserContext], stack: Stack
) -> None:
    page, email = open_context(java_script_enabled=False).new_page(), new_email()
    sign_up(page, email)
    fill_device(page, "Router")
    # Playwright keeps scripts from running after the parser has taken the browser for one that has them.
    assert "JavaScript is off, so our server makes the key pair" in page.content()
    submit_device(page)
    expect(page.get_by_role("heading", name="Router is added")).to_be_visible()
    expect(page.get_by_text("Our server made the private key")).to_be_visible()
    expect(page.get_by_role("button", name="Copy text")).to_be_hidden()
    config = page.locator("#device-config").text_content() or ""
    assert derive_public_key(private_key_of(config)) == stored_public_key(stack, email)
    assert downloaded(page) == ("router.conf", config)
    page.get_by_role("link", name="See device").click()
    page.get_by_label("New name").fill("Attic router")
    page.get_by_role("button", name="Rename device").click()
    expect(page.get_by_role("heading", name="Attic router", exact=True)).to_be_visible()
    page.get_by_role("link", name="Remove device").click()
    page.get_by_role("button", name="Remove device").click()
    expect(page.get_by_text("Attic router is being removed.")).to_be_visible()
