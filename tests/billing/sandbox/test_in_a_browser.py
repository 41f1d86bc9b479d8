"""A person in a real Chromium clicks through checkout, the bank's page and the portal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.billing.sandbox.world import World
from tests.browser.chromium import launched
from tests.live.requirements import missing_for_browser, need

pytestmark = pytest.mark.live


@pytest.fixture
def page() -> Iterator[Page]:
    need(missing_for_browser())
    with launched() as program:
        opened = program.new_page(viewport={"width": 360, "height": 740})
        opened.set_default_timeout(10_000)
        yield opened


def fill(page: Page, number: str, button: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry (MM/YY)").fill("12/34")
    page.get_by_label("CVC").fill("123")
    page.get_by_role("button", name=button).click()


def test_a_person_buys_and_then_changes_the_card_cancels_and_resumes(world: World, page: Page) -> None:
    customer = world.api.customers.create({"email": "alice@example.com"})
    session: Any = {
        "mode": "subscription",
        "customer": customer.id,
        "line_items": [{"price": world.price().id, "quantity": 1}],
        "success_url": f"{world.receiver.url}?session={{CHECKOUT_SESSION_ID}}",
        "allow_promotion_codes": True,
    }
    page.goto(str(world.api.checkout.sessions.create(session).url))
    expect(page.get_by_text("4.99 USD / month")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    fill(page, "4000 0000 0000 0002", "Subscribe")
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    fill(page, "4000 0025 0000 3155", "Subscribe")
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_role("alert")).to_contain_text("unable to authenticate")
    fill(page, "4000 0025 0000 3155", "Subscribe")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert "session=cs_test_" in page.url

    portal: Any = {"customer": customer.id, "return_url": world.receiver.url}
    page.goto(world.api.billing_portal.sessions.create(portal).url)
    fill(page, "5555 5555 5555 4444", "Update card")
    expect(page.get_by_text("mastercard •••• 4444")).to_be_visible()
    page.get_by_role("button", name="Cancel subscription").click()
    expect(page.get_by_text("Ends on")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Renews on")).to_be_visible()
    page.get_by_role("link", name="View").click()
    expect(page.get_by_role("heading", name="Invoice")).to_be_visible()
    assert [one.status for one in world.api.subscriptions.list().data] == ["active"]
