"""The frame of every page: its switches, its weight, from right to left, and while the site is at work."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.page_checks import check
from tests.browser.people import Person, sign_in
from tests.browser.watch import Watch
from tests.live.stack import Stack

pytestmark = pytest.mark.live

# Of the first load of the start page, compressed and without images.
LARGEST_LOAD = 100_000
SIZES = pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])


def test_language_and_colours_are_chosen_by_keyboard_and_without_a_script(
    open_context: Callable[..., BrowserContext], stack: Stack
) -> None:
    context = open_context(java_script_enabled=False, locale="en-GB")
    watch = Watch(context)
    page = context.new_page()
    page.goto("/login?next=/devices")
    page.get_by_role("button", name="Deutsch").focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.url.endswith("/login?next=/devices")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.get_by_role("group", name="Farben").get_by_role("button", name="Dunkel").focus()
    page.keyboard.press("Space")
    expect(page.locator("meta[name=color-scheme]")).to_have_attribute("content", "dark")
    expect(page.get_by_role("button", name="Dunkel")).to_have_attribute("aria-pressed", "true")
    assert _ground(page) == "rgb(17, 20, 23)"
    page.get_by_role("button", name="Hell").press("Enter")
    expect(page.get_by_role("button", name="Hell")).to_have_attribute("aria-pressed", "true")
    assert _ground(page) == "rgb(247, 247, 245)"
    watch.assert_quiet()


def _ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


@SIZES
def test_what_is_printed_is_dark_on_white_and_only_what_the_page_says(
    open_context: Callable[..., BrowserContext], stack: Stack, person: Person, viewport: dict[str, int]
) -> None:
    page = open_context(viewport=viewport, color_scheme="dark").new_page()
    sign_in(page, person.email)
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("meta[name=color-scheme]")).to_have_attribute("content", "dark")
    page.goto("/settings/privacy")
    assert _ink(page) == "rgb(233, 235, 238)"
    page.emulate_media(media="print")
    assert _ink(page) == "rgb(22, 25, 29)"
    assert _ground(page) == "rgba(0, 0, 0, 0)"
    expect(page.get_by_role("heading", name="Your data")).to_be_visible()
    for aside in (page.get_by_role("navigation"), page.get_by_role("contentinfo"), page.get_by_role("button")):
        expect(aside.filter(visible=True)).to_have_count(0)


def _ink(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).color"))


@SIZES
def test_a_page_from_right_to_left_is_not_broken(
    open_context: Callable[..., BrowserContext], stack: Stack, person: Person, viewport: dict[str, int]
) -> None:
    context = open_context(viewport=viewport)
    page = context.new_page()
    page.goto("/")
    _turned(page)
    sign_in(page, person.email)
    for path in ("/devices", "/dashboard", "/billing", "/support", "/locations"):
        page.goto(path)
        _turned(page)
        # The ground of the rail is where the rail is.
        ground = page.evaluate("getComputedStyle(document.querySelector('.app')).backgroundImage")
        assert ground.startswith("linear-gradient(to left" if viewport["width"] >= 1024 else "none"), ground


def _turned(page: Page) -> None:
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    # Nothing stands out at the left, where the end of each line is now.
    outside = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.checkVisibility() && !e.closest(".scroll, pre, table, svg, .visually-hidden, .skip-link"))
  .filter((e) => e.getBoundingClientRect().left < -0.5)
  .map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert outside == [], page.url


def test_the_start_page_is_light_and_waits_for_one_style_sheet(
    open_context: Callable[..., BrowserContext], stack: Stack
) -> None:
    page = open_context().new_page()
    loaded: list[Response] = []
    page.on("response", lambda answer: loaded.append(answer))
    page.goto("/", wait_until="networkidle")
    counted = [
        answer for answer in loaded if answer.request.resource_type in ("document", "stylesheet", "script", "fetch")
    ]
    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in counted}
    assert len(sizes) >= 3
    assert sum(sizes.values()) <= LARGEST_LOAD, sizes
    blocking = "link[rel=stylesheet], head script[src]:not([type=module]):not([async]):not([defer])"
    assert page.locator(blocking).count() == 1


@SIZES
def test_while_the_site_is_at_work_its_page_is_whole(
    open_context: Callable[..., BrowserContext], stack: Stack, viewport: dict[str, int]
) -> None:
    page = open_context(viewport=viewport).new_page()
    said = "W" * 100
    stack.sql(
        "INSERT INTO nexusvpn_sitestate (id, maintenance, maintenance_note, maintenance_until, changed_at)"
        " VALUES (1, true, %s, now() + interval '1 hour', now())",
        said,
    )
    try:
        _until(page, 503)
        check(page, "/", 503)
        expect(page.get_by_role("heading", name="We are at work")).to_be_visible()
        check(page, "/login")
    finally:
        stack.sql("DELETE FROM nexusvpn_sitestate")
    _until(page, 200)


def _until(page: Page, status: int) -> None:
    """Each process knows within two seconds."""
    ends = time.monotonic() + 10
    in_a_row = 0
    while in_a_row < 8:
        answer = page.request.get("/")
        in_a_row = in_a_row + 1 if answer.status == status else 0
        assert time.monotonic() < ends
        time.sleep(0.1)
