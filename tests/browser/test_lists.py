"""Lists change in place, and remain pages with addresses of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.people import Person, sign_in
from tests.browser.watch import Watch
from tests.factories.vpn import new_key
from tests.live.stack import Stack

pytestmark = pytest.mark.live


@pytest.fixture
def three_devices(person: Person) -> Person:
    for name in ("One", "Two", "Three"):
        person.add_device(name, new_key())
    return person


def mark(page: Page) -> None:
    """Something that a page which is loaded anew would not have."""
    page.evaluate("window.sameDocument = true")


def is_same_document(page: Page) -> bool:
    return bool(page.evaluate("window.sameDocument === true"))


def names(page: Page) -> list[str]:
    return page.locator("#device-list tbody th").all_inner_texts()


def test_the_next_page_comes_in_place_and_back_and_reload_work(
    context: BrowserContext, watch: Watch, three_devices: Person
) -> None:
    page = context.new_page()
    sign_in(page, three_devices.email)
    page.goto("/devices?limit=2")
    mark(page)
    first = names(page)
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#device-list tbody th")).to_have_count(1)
    assert is_same_document(page)
    assert page.url.endswith("/devices?page=2&limit=2")
    # Where the list begins, so that Tab goes on from there.
    assert page.evaluate("document.activeElement.id") == "device-list"
    second = names(page)
    page.reload()
    assert names(page) == second
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("#device-list tbody th")).to_have_count(2)
    page.go_back()
    expect(page.locator("#device-list tbody th")).to_have_count(1)
    page.go_back()
    expect(page.locator("#device-list tbody th")).to_have_count(2)
    assert names(page) == first
    watch.assert_quiet()


def test_who_goes_back_while_a_page_still_loads_sees_what_its_address_says(
    context: BrowserContext, watch: Watch, three_devices: Person
) -> None:
    page, held = context.new_page(), list[Route]()
    sign_in(page, three_devices.email)
    page.goto("/devices?limit=2")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#device-list tbody th")).to_have_count(1)
    page.route("**/lists*.js", lambda route: route.continue_() if held else held.append(route))
    page.reload(wait_until="commit")
    expect(page.locator("#device-list tbody th")).to_have_count(1)
    page.evaluate("history.back()")
    page.wait_for_url("**/devices?limit=2", wait_until="commit")
    held[0].continue_()
    expect(page.locator("#device-list tbody th")).to_have_count(2)
    watch.assert_quiet()


def test_a_search_keeps_what_was_typed(context: BrowserContext, watch: Watch, person: Person) -> None:
    page = context.new_page()
    sign_in(page, person.email)
    page.goto("/locations")
    mark(page)
    page.locator("input[name=q]").fill("zür")
    page.locator("input[name=q]").press("Enter")
    expect(page.locator("#locations tbody tr")).to_have_count(1)
    assert is_same_document(page)
    assert page.locator("input[name=q]").input_value() == "zür"
    assert "q=z" in page.url
    # Whoever does not see the list hears how much was found, each time.
    found = page.locator("[role=status][data-found-in=locations]")
    expect(found).to_have_text("1 location")
    searched = page.url
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    assert page.url == searched
    expect(page.locator("#locations tbody tr")).to_have_count(1)
    page.locator("input[name=q]").fill("")
    page.locator("input[name=q]").press("Enter")
    expect(found).to_have_text("3 locations")
    watch.assert_quiet()


def test_who_was_signed_out_meanwhile_comes_to_the_sign_in(
    context: BrowserContext, stack: Stack, three_devices: Person
) -> None:
    page = context.new_page()
    sign_in(page, three_devices.email)
    page.goto("/devices?limit=2")
    context.clear_cookies()
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**/login?next=**")


def test_a_fault_is_shown_as_a_page(context: BrowserContext, three_devices: Person) -> None:
    page = context.new_page()
    sign_in(page, three_devices.email)
    page.goto("/devices?limit=2")
    page.route("**/devices?page=2*", lambda route: route.fulfill(status=503, body="<h1>Away</h1>"), times=1)
    page.get_by_role("link", name="Next").click()
    # Asked for once more, as a page.
    page.wait_for_url("**/devices?page=2&limit=2")
    expect(page.locator("#device-list tbody th")).to_have_count(1)


def test_without_scripts_each_part_is_a_page(
    open_context: Callable[..., BrowserContext], three_devices: Person
) -> None:
    page = open_context(java_script_enabled=False).new_page()
    sign_in(page, three_devices.email)
    page.goto("/devices?limit=2")
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**/devices?page=2&limit=2")
    assert len(names(page)) == 1
