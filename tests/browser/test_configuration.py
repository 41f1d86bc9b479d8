"""The page of a configuration as people use it, and the profile that only the browser can finish."""

from __future__ import annotations

import plistlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.people import Person, fill_device, private_key_of, sign_in, submit_device
from tests.browser.watch import Watch
from tests.factories.vpn import new_key
from vpn.wireguard.keys import derive_public_key

pytestmark = pytest.mark.live


def download(page: Page, button: Locator) -> tuple[str, str]:
    with page.expect_download() as waiting:
        button.click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_choices_are_previewed_corrected_and_downloaded(
    open_context: Callable[..., BrowserContext], person: Person, scripts: bool
) -> None:
    context = open_context(java_script_enabled=scripts)
    watch = Watch(context)
    watch.expected = {400}
    page = context.new_page()
    sign_in(page, person.email)
    device = person.add_device("Laptop", new_key())
    page.goto(f"/devices/{device}")
    page.get_by_role("link", name="Choose configuration").click()
    expect(page.locator("#device-config")).to_contain_text("AllowedIPs = 0.0.0.0/0, ::/0")

    page.get_by_label("DNS server").select_option("quad9")
    page.get_by_label("Traffic").select_option("exclude")
    page.get_by_label("Networks", exact=True).fill("192.0.2.1/24")
    page.get_by_role("button", name="Update preview").click()
    networks = page.get_by_label("Networks", exact=True)
    expect(networks).to_have_accessible_description(
        "Up to 64, such as 192.168.0.0/16 or fd00::/8: one a line or with commas between."
        " Entry 1 is an address within a network; the network is 192.0.2.0/24."
    )
    expect(page.get_by_role("heading", name="No file")).to_be_visible()
    expect(page.get_by_label("DNS server")).to_have_value("quad9")

    networks.fill("192.0.2.0/24")
    page.get_by_label("Keep private networks outside").check()
    page.get_by_role("button", name="Update preview").click()
    preview = page.locator("#device-config")
    expect(preview).to_contain_text("DNS = 9.9.9.9, 149.112.112.112, 2620:fe::fe, 2620:fe::9")
    expect(preview).to_contain_text("192.0.3.0/24")
    expect(page.get_by_label("Keep private networks outside")).to_be_checked()
    shown = preview.text_content()
    assert download(page, page.get_by_role("button", name="Download file")) == ("laptop.conf", shown)

    page.get_by_label("Connects by itself").select_option("always")
    page.get_by_label("Trusted Wi-Fi networks").fill("Home\nOffice")
    name, profile = download(page, page.get_by_role("button", name="Download profile"))
    (tunnel,) = plistlib.loads(profile.encode())["PayloadContent"]
    assert name == "laptop.mobileconfig"
    assert tunnel["VPN"]["OnDemandRules"][0]["SSIDMatch"] == ["Home", "Office"]
    if scripts:
        watch.assert_quiet()


@pytest.fixture
def page(context: BrowserContext, watch: Watch, person: Person) -> Page:
    opened = context.new_page()
    sign_in(opened, person.email)
    return opened


def test_right_after_creation_the_profile_has_the_private_key_that_never_left_the_browser(
    page: Page, person: Person, watch: Watch
) -> None:
    fill_device(page, "Ada’s phone")
    submit_device(page)
    for label, bundle in (("iPhone or iPad", "com.wireguard.ios"), ("Mac", "com.wireguard.macos")):
        name, profile = download(page, page.get_by_role("button", name=f"Download for {label}"))
        assert name == "ada-s-phone.mobileconfig"
        (tunnel,) = plistlib.loads(profile.encode())["PayloadContent"]
        assert tunnel["VPNSubType"] == bundle
        config = tunnel["VendorConfig"]["WgQuickConfig"]
        assert config == page.locator("#device-config").text_content()
    private_key = private_key_of(config)
    (device,) = person.devices()
    assert derive_public_key(private_key) == device["public_key"]
    watch.assert_never_sent(private_key)
    watch.assert_nothing_stored(page, private_key)
    watch.assert_quiet()


def test_a_profile_that_cannot_be_fetched_is_told_and_can_be_tried_again(page: Page, watch: Watch) -> None:
    watch.expected = {503}
    fill_device(page, "Phone")
    submit_device(page)
    page.route("**/config/profile?*", lambda route: route.fulfill(status=503, body="no"), times=1)
    button = page.get_by_role("button", name="Download for Mac")
    button.click()
    expect(page.get_by_text("The profile could not be fetched. Try again")).to_be_visible()
    assert download(page, button)[0] == "phone.mobileconfig"
    expect(page.get_by_text("The profile could not be fetched.")).to_be_hidden()
    watch.assert_quiet()


def test_with_a_key_of_ones_own_no_profile_is_offered_that_would_lack_it(page: Page) -> None:
    fill_device(page, "Router")
    page.get_by_text("Use a key that you already have").click()
    page.get_by_label("Public key").fill(new_key())
    submit_device(page)
    expect(page.get_by_role("heading", name="Router is added")).to_be_visible()
    expect(page.get_by_role("button", name="Download for Mac")).to_have_count(0)
