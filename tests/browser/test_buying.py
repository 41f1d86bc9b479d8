"""Somebody buys in a real browser: from the landing page to Stripe's and back, under the strict policy of our pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.page_checks import check
from tests.browser.people import new_person, sign_in
from tests.browser.watch import Watch
from tests.live.stack import Stack

pytestmark = pytest.mark.live


@pytest.fixture
def worker(stack: Stack) -> Iterator[None]:
    stack.start_worker()
    yield
    stack.end("worker")


def pay(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry (MM/YY)").fill("12/34")
    page.get_by_label("CVC").fill("123")
    page.get_by_role("button", name="Subscribe").click()


def test_from_the_landing_page_to_the_plan_and_to_a_larger_one(
    open_context: Callable[..., BrowserContext], stack: Stack, worker: None
) -> None:
    context = open_context(viewport=WIDE)
    watch = Watch(context)
    # Stripe's own page has no icon, and says 402 to a card that is declined.
    watch.expected = {402, 404}
    page = context.new_page()
    sign_in(page, new_person(stack).email)
    page.goto("/?interval=month#plans")
    page.get_by_role("link", name="Choose Basic").click()
    page.get_by_role("button", name="Buy Basic").click()
    page.wait_for_url(re.compile("/pay/"))
    pay(page, "4000 0000 0000 0002")
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    pay(page, "4242 4242 4242 4242")
    page.wait_for_url(re.compile("/billing/success"))
    # Nobody reloads it.
    expect(page.get_by_role("heading", name="You have Basic")).to_be_visible(timeout=20_000)
    check(page, page.url)
    page.goto("/billing")
    expect(page.get_by_text("Visa ending in 4242")).to_be_visible()
    page.get_by_role("link", name="Change plan").click()
    page.get_by_role("link", name="Change to Pro").click()
    preview = page.url
    page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    check(page, preview)
    page.get_by_role("button", name=re.compile("^Pay .* and change$")).click()
    expect(page.get_by_text("Pro plan. The next payment is $9.99")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Change card").click()
    page.wait_for_url(re.compile("/portal/"))
    watch.assert_quiet()


def test_without_scripts_the_page_that_waits_is_refreshed_by_hand(
    open_context: Callable[..., BrowserContext], stack: Stack
) -> None:
    page = open_context(java_script_enabled=False, viewport=NARROW).new_page()
    sign_in(page, new_person(stack).email)
    page.goto("/billing/plans?plan=basic")
    page.get_by_role("button", name="Buy Basic").click()
    pay(page, "4242 4242 4242 4242")
    expect(page.get_by_role("heading", name="We have not heard from the bank yet")).to_be_visible()
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", name="We have not heard from the bank yet")).to_be_visible()
    stack.start_worker()
    try:
        for _ in range(20):
            page.get_by_role("link", name="Refresh").click()
            if page.get_by_role("heading", name="You have Basic").is_visible():
                break
            page.wait_for_timeout(500)
        expect(page.get_by_role("heading", name="You have Basic")).to_be_visible()
    finally:
        stack.end("worker")
