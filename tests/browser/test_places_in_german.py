"""German words are long: on a small phone nothing of the pages about devices and locations is cut or sticks out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import NARROW
from tests.browser.page_checks import LONG, check
from tests.browser.people import Person, new_person, sign_in
from tests.factories.vpn import new_key
from tests.live.stack import Stack

pytestmark = pytest.mark.live


def test_on_a_small_phone_in_german(
    open_context: Callable[..., BrowserContext], stack: Stack, fresh_counts: None
) -> None:
    person = new_person(stack, plan="pro", language="de")
    page = open_context(viewport=NARROW, locale="de-DE").new_page()
    sign_in(page, person.email)
    devices = [person.add_device(name, new_key()) for name in (LONG, "Phone")]
    paths = [
        "/devices",
        "/devices/new",
        "/devices/keep",
        "/locations",
        "/locations?q=nirgends",
        "/locations?show=favourites",
    ]
    paths += [
        f"/devices/{devices[0]}{part}" for part in ("", "/config", "/config?kill_switch=on", "/rotate-key", "/revoke")
    ]
    paths += ["/speed-test", "/status", "/help/set-up", "/help/set-up/openwrt", "/help/set-up/router"]
    for path in paths:
        check(page, path)
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_a_favourite_is_marked_and_unmarked_without_a_script(
    open_context: Callable[..., BrowserContext], person: Person
) -> None:
    page = open_context(viewport=NARROW, java_script_enabled=False).new_page()
    sign_in(page, person.email)
    page.goto("/locations?sort=country")
    last = page.locator("tbody tr").last.locator("th").inner_text()
    page.locator("tbody tr").last.get_by_role("button").click()
    assert page.url.endswith("/locations?sort=country")
    first = page.locator("tbody tr").first
    assert first.locator("th").inner_text() == last
    first.get_by_role("button", name="Remove").click()
    assert page.locator("tbody tr").last.locator("th").inner_text() == last
