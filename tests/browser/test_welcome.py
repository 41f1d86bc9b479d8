"""The first steps of a new customer, on a phone's width: from the sign-up to "connected", and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import NARROW
from tests.browser.nodes import node_says
from tests.browser.people import PASSWORD, private_key_of, read_qr
from tests.browser.watch import Watch
from tests.live.stack import Stack
from vpn.wireguard.keys import derive_public_key

pytestmark = pytest.mark.live


def begin(page: Page) -> str:
    """Sign up and in, as the page after the sign-up leads; returns the address that they gave."""
    email = f"{uuid4().hex[:10]}@example.com"
    page.goto("/signup")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/signup/sent")
    page.locator("main").get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/welcome/device")
    return email


def choose(page: Page, system: str, name: str) -> None:
    page.get_by_role("radio", name=system).check()
    page.get_by_label("Name of the device").fill(name)
    page.get_by_role("button", name="Continue").click()


def device_of(stack: Stack, email: str) -> tuple[str, str]:
    [(device, public_key)] = stack.sql(
        "SELECT d.id, d.public_key FROM vpn_vpnconfig d JOIN accounts_user u ON u.id = d.user_id WHERE u.email = %s",
        email,
    )
    return str(device), str(public_key)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_three_steps_lead_from_the_sign_up_to_connected_by_themselves(
    open_context: Callable[..., BrowserContext], stack: Stack
) -> None:
    context = open_context(viewport=NARROW)
    watch, page = Watch(context), context.new_page()
    email = begin(page)
    current = page.locator('[aria-current="step"]')
    expect(current).to_have_text("Choose a device")
    assert fits(page)
    choose(page, "Android", "Ada’s phone")

    expect(current).to_have_text("Get its configuration")
    page.go_back()
    expect(current).to_have_text("Choose a device")
    page.go_forward()
    page.get_by_role("link", name="Change device or name").click()
    expect(page.get_by_label("Name of the device")).to_have_value("Ada’s phone")
    expect(page.get_by_role("radio", name="Android")).to_be_checked()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Location").select_option("demo-1")
    assert fits(page)
    page.get_by_role("button", name="Get the configuration").click()
    expect(page.get_by_role("heading", name="Ada’s phone is added")).to_be_focused()
    code = page.locator("[data-slot=qr] svg")
    # Clear of the bar at the bottom.
    code.evaluate("element => element.scrollIntoView({ block: 'center' })")
    private_key = private_key_of(read_qr(code))
    device, public_key = device_of(stack, email)
    assert derive_public_key(private_key) == public_key
    assert fits(page)
    page.reload()
    expect(page.get_by_role("heading", name="Ada’s phone is added already")).to_be_visible()

    page.get_by_role("link", name="I have the file: connect").click()
    expect(page.get_by_role("heading", name="Connect Ada’s phone")).to_be_visible()
    state = page.locator("#welcome-state")
    node_says(stack, device, "never")
    expect(state).to_contain_text("Switch the tunnel on in the WireGuard app.")
    expect(page.get_by_role("link", name="Skip for now")).to_be_visible()
    node_says(stack, device, "online")
    expect(state).to_contain_text("Ada’s phone has connected through")
    expect(page.locator("#welcome-skip a")).to_have_count(0)
    assert fits(page)
    page.get_by_role("link", name="Open the overview").click()
    expect(page.locator("#answer")).to_contain_text("Connected")
    expect(page.locator("#next-step")).to_be_hidden()
    watch.assert_never_sent(private_key)
    watch.assert_quiet()


def test_the_overview_shows_the_next_step_until_it_is_made(
    open_context: Callable[..., BrowserContext], stack: Stack
) -> None:
    page = open_context(viewport=NARROW).new_page()
    email = begin(page)
    page.get_by_role("link", name="Skip for now").click()
    page.get_by_role("link", name="Begin").click()
    choose(page, "Windows", "Laptop")
    page.get_by_role("button", name="Get the configuration").click()
    page.get_by_role("link", name="I have it: connect").click()
    page.wait_for_url("**/welcome/connect?**system=windows")
    expect(page.get_by_text("Nothing yet? Try this")).to_be_hidden()
    device, _ = device_of(stack, email)
    node_says(stack, device, "never")
    # As it is a minute later.
    page.goto(f"/welcome/connect?device={device}&system=windows&since=1")
    expect(page.get_by_text("Nothing yet? Try this")).to_be_visible()
    expect(page.locator("#welcome-hints").get_by_role("link", name="Guide for Windows")).to_be_visible()
    assert fits(page)
    page.goto("/dashboard")
    expect(page.get_by_role("heading", name="Connect Laptop")).to_be_visible()
    assert fits(page)


def test_without_scripts_the_steps_are_plain_pages(open_context: Callable[..., BrowserContext], stack: Stack) -> None:
    page = open_context(viewport=NARROW, java_script_enabled=False).new_page()
    email = begin(page)
    choose(page, "Linux", "Router")
    page.wait_for_url("**/welcome/configuration?*")
    assert "JavaScript is off, so our server makes the key pair" in page.content()
    page.get_by_role("button", name="Get the configuration").click()
    expect(page.get_by_role("heading", name="Router is added")).to_be_visible()
    device, public_key = device_of(stack, email)
    config = page.locator("#device-config").text_content() or ""
    assert derive_public_key(private_key_of(config)) == public_key
    page.get_by_role("link", name="I have it: connect").click()
    page.wait_for_url("**/welcome/connect?*")
    node_says(stack, device, "online")
    # Playwright keeps scripts from running after the parser has taken the browser for one that has them.
    assert "Look again" in page.content()
    page.reload()
    expect(page.locator("#welcome-state")).to_contain_text("Router has connected through")
    page.goto("/welcome")
    page.wait_for_url("**/dashboard")
