"""A page that is left open keeps telling the truth."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.nodes import ask_now, node_says
from tests.browser.people import Person, sign_in
from tests.browser.watch import Watch
from tests.factories.vpn import new_key
from tests.live.stack import Stack

pytestmark = pytest.mark.live


@pytest.fixture
def page(context: BrowserContext, person: Person) -> Page:
    opened = context.new_page()
    sign_in(opened, person.email)
    return opened


def test_the_page_of_a_device_follows_what_the_node_says(
    page: Page, watch: Watch, person: Person, stack: Stack
) -> None:
    device = person.add_device("Phone", new_key())
    page.goto(f"/devices/{device}")
    state = page.locator("#device-state")
    expect(state).to_contain_text("Activating")
    node_says(stack, device, "never")
    ask_now(page)
    expect(state).to_contain_text("Never used")
    node_says(stack, device, "online")
    # By itself, within its two seconds.
    expect(state).to_contain_text("Connected", timeout=7000)
    watch.assert_quiet()


def test_the_dashboards_answer_follows_too(page: Page, person: Person, stack: Stack) -> None:
    device = person.add_device("Phone", new_key())
    page.goto("/dashboard")
    expect(page.locator("#answer")).to_contain_text("Not connected")
    node_says(stack, device, "online")
    ask_now(page)
    expect(page.locator("#answer")).to_contain_text("Phone through Netherlands (demo), seen")
    expect(page.locator(f"#state-{device}")).to_contain_text("Connected")


def test_a_device_that_was_removed_elsewhere_leaves_every_open_list(
    context: BrowserContext, page: Page, watch: Watch, person: Person, stack: Stack
) -> None:
    device = person.add_device("Phone", new_key())
    node_says(stack, device, "online")
    page.goto("/dashboard")
    row = page.locator("#overview-devices tbody tr")
    expect(row).to_contain_text("Connected")
    expect(page.locator("#usage-chart")).to_contain_text("Nothing was sent or received in these days.")
    listed = context.new_page()
    listed.goto("/devices")
    expect(listed.locator("#devices-shown tbody tr")).to_contain_text("Connected")
    own = context.new_page()
    own.goto(f"/devices/{device}")
    stack.sql(
        "INSERT INTO vpn_usagerecord (user_id, device_id, record_date, bytes_up, bytes_down)"
        " SELECT user_id, id, (now() AT TIME ZONE 'UTC')::date, 5, 7 FROM vpn_vpnconfig WHERE id = %s",
        device,
    )
    assert stack.api("DELETE", f"devices/{device}", token=person.token).status == 200
    for opened in (page, listed, own):
        ask_now(opened)
    expect(row).to_have_count(0)
    expect(page.locator("#answer")).to_contain_text("Not connected")
    # The chart and its own total say what the total above says.
    expect(page.locator("#usage-total")).to_contain_text("7 B downloaded, 5 B uploaded")
    expect(page.get_by_role("region", name="Usage per day")).to_be_visible()
    expect(listed.locator("#devices-shown")).to_contain_text("You have no devices")
    expect(listed.locator("#devices-used")).to_contain_text("You use 0 of 10 devices")
    expect(listed.locator("#devices-removed tbody tr")).to_contain_text("Removing")
    expect(own.locator("#device-places")).to_have_text("Nowhere any more")
    watch.assert_quiet()


def test_what_cannot_be_asked_is_said_to_be_old(page: Page, person: Person) -> None:
    device = person.add_device("Phone", new_key())
    page.goto(f"/devices/{device}")
    note = page.get_by_text("We could not ask for the latest state.")
    expect(note).to_be_hidden()
    page.context.set_offline(True)
    ask_now(page)
    expect(note).to_be_visible()
    expect(page.get_by_text("This page is out of date.")).to_be_hidden()
    page.context.set_offline(False)
    ask_now(page)
    expect(note).to_be_hidden()


def test_a_session_that_was_ended_elsewhere_stops_asking(page: Page, person: Person, stack: Stack) -> None:
    device = person.add_device("Phone", new_key())
    page.goto(f"/devices/{device}")
    stack.sql("DELETE FROM accounts_session WHERE kind = 'browser'")
    with page.expect_request("**/state"):
        ask_now(page)
    # It does not keep trying, and does not say so.
    expect(page.get_by_text("This page is out of date.")).to_be_visible()
    expect(page.get_by_text("this page keeps trying")).to_be_hidden()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(5500)
    assert asked == []
    page.get_by_role("link", name="Load it again").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_what_holds_the_focus_is_not_taken_away(page: Page, person: Person, stack: Stack) -> None:
    """The notice has a link; while somebody is on it with the keyboard, only the rest of the page moves on."""
    device = person.add_device("Phone", new_key())
    stack.sql("UPDATE vpn_vpnconfig SET blocked = 'plan_limit' WHERE id = %s", device)
    page.goto("/dashboard")
    link = page.locator("#overview-notices").get_by_role("link", name="Phone")
    link.focus()
    stack.sql("UPDATE vpn_vpnconfig SET blocked = '' WHERE id = %s", device)
    node_says(stack, device, "online")
    ask_now(page)
    expect(page.locator("#answer")).to_contain_text("Connected")
    expect(link).to_be_focused()
    link.blur()
    ask_now(page)
    expect(link).to_have_count(0)
