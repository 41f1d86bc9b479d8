"""What people do with the devices they have: suspend, resume, give an end, change the key, remove with proof."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.nodes import ask_now, nodes_confirm
from tests.browser.people import Person, private_key_of, read_qr, sign_in
from tests.browser.watch import Watch
from tests.factories.vpn import new_key
from tests.live.stack import Stack
from vpn.wireguard.keys import derive_public_key, generate_key_pair

pytestmark = pytest.mark.live


@pytest.fixture
def page(context: BrowserContext, watch: Watch, person: Person) -> Page:
    opened = context.new_page()
    sign_in(opened, person.email)
    return opened


def test_a_suspended_devices_state_follows_its_node_and_resuming_brings_it_back(
    page: Page, watch: Watch, person: Person, stack: Stack
) -> None:
    device = person.add_device("Phone", new_key())
    nodes_confirm(stack)
    page.goto(f"/devices/{device}")
    state = page.locator("#device-state")
    page.get_by_role("button", name="Suspend device").click()
    expect(state).to_contain_text("Suspending: waiting for Netherlands (demo)")
    expect(state).to_contain_text("You suspended it.")
    nodes_confirm(stack)
    ask_now(page)
    expect(state).not_to_contain_text("waiting")
    expect(state.get_by_text("Suspended", exact=True)).to_be_visible()
    page.get_by_role("button", name="Resume device").click()
    expect(state).to_contain_text("Activating")
    nodes_confirm(stack)
    ask_now(page)
    expect(state).to_contain_text("Never used")
    watch.assert_quiet()


def test_a_removed_devices_page_becomes_its_proof_in_place(
    page: Page, watch: Watch, person: Person, stack: Stack
) -> None:
    device = person.add_device("Phone", new_key())
    page.goto(f"/devices/{device}/revoke")
    page.get_by_role("button", name="Remove device").click()
    expect(page.locator(f"#state-{device}")).to_contain_text("Removing: waiting for Netherlands (demo)")
    page.get_by_role("link", name="Phone").click()
    expect(page.get_by_role("heading", name="Not confirmed yet")).to_be_visible()
    nodes_confirm(stack)
    ask_now(page)
    expect(page.get_by_role("heading", name="Removed from every server")).to_be_visible()
    expect(page.locator("#device-state")).to_contain_text("Removed")
    watch.assert_quiet()


def test_an_end_date_is_set_by_the_browsers_own_picker(page: Page, person: Person) -> None:
    device = person.add_device("Phone", new_key())
    page.goto(f"/devices/{device}")
    page.get_by_label("Works until").fill("2099-12-01T10:00")
    page.get_by_role("button", name="Set end date").click()
    expect(page.get_by_text("Phone works until 1 Dec 2099, 10:00 UTC.")).to_be_visible()
    page.get_by_role("button", name="Remove end date").click()
    expect(page.get_by_text("Phone has no end date any more.")).to_be_visible()


def test_a_new_key_is_made_in_the_browser_and_its_private_half_stays_there(
    page: Page, watch: Watch, person: Person, stack: Stack
) -> None:
    device = person.add_device("Phone", new_key())
    former = person.devices()[0]
    page.goto(f"/devices/{device}")
    page.get_by_role("link", name="Make new key", exact=True).click()
    page.get_by_role("button", name="Make new key").click()
    expect(page.get_by_role("heading", name="Phone has a new key")).to_be_focused()
    expect(page.get_by_text("The old key works until the new one is used")).to_be_visible()
    config = read_qr(page.locator("[data-slot=qr] svg"))
    private_key = private_key_of(config)
    (now,) = person.devices()
    assert now["public_key"] == derive_public_key(private_key) != former["public_key"]
    assert (now["ipv4"], now["ipv6"]) == (former["ipv4"], former["ipv6"])
    assert page.locator("#device-config").text_content() == config
    watch.assert_nothing_stored(page, private_key)
    # It would come back to this address, and the key would be gone.
    expect(page.get_by_role("button", name="Dark")).to_have_count(0)
    page.get_by_role("link", name="See device").click()
    expect(page.get_by_text(now["public_key"])).to_be_visible()
    watch.assert_never_sent(private_key)
    # The record does hold what was sent: the public half is in it.
    assert [text for text in watch.sent() if now["public_key"].encode() in text]
    assert private_key not in stack.logs()
    watch.assert_quiet()


def test_after_a_lost_answer_sending_again_gives_the_same_key(page: Page, person: Person) -> None:
    device = person.add_device("Phone", new_key())
    page.goto(f"/devices/{device}/rotate-key")

    def lose(route: Route) -> None:
        assert route.fetch().status == 200
        route.abort("connectionreset")

    page.route("**/rotate-key", lose, times=1)
    page.get_by_role("button", name="Make new key").click()
    expect(page.get_by_role("alert")).to_contain_text("we do not know whether the key was changed")
    changed = person.devices()[0]["public_key"]
    page.get_by_role("button", name="Make new key").click()
    config = read_qr(page.locator("[data-slot=qr] svg"))
    assert derive_public_key(private_key_of(config)) == changed == person.devices()[0]["public_key"]


def test_without_scripts_one_pastes_a_public_key(open_context: Callable[..., BrowserContext], person: Person) -> None:
    page = open_context(java_script_enabled=False).new_page()
    sign_in(page, person.email)
    device, own = person.add_device("Router", new_key()), generate_key_pair()
    page.goto(f"/devices/{device}/rotate-key")
    expect(page.get_by_role("button", name="Make new key")).to_be_hidden()
    page.get_by_text("Use a key that you made yourself").click()
    page.get_by_label("Public key").fill(own.public_key)
    page.get_by_role("button", name="Use this key").click()
    expect(page.get_by_role("heading", name="Router has a new key")).to_be_visible()
    expect(page.locator("#device-config")).to_contain_text("# PrivateKey =")
    assert person.devices()[0]["public_key"] == own.public_key
