"""The status page is right without a reload, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.watch import Watch
from tests.live.stack import Stack

pytestmark = pytest.mark.live

LOSE = "UPDATE vpn_nodestatus n SET lost_at = %s FROM vpn_server s WHERE s.id = n.server_id AND s.name = 'demo-2'"
STARTED = """
INSERT INTO vpn_incident (title, impact, started_at) VALUES ('Zürich is being repaired', 'maintenance', now() - interval '1 min')
"""


@pytest.fixture(autouse=True)
def _as_before(stack: Stack) -> Iterator[None]:
    yield
    stack.sql(LOSE, None)
    stack.sql("DELETE FROM vpn_incident")


def test_an_open_page_follows_within_its_two_seconds(context: BrowserContext, watch: Watch, stack: Stack) -> None:
    page = context.new_page()
    page.goto("/status")
    summary, zurich = page.locator("#status-now"), page.locator("#status-demo-2")
    expect(summary).to_contain_text("All locations in service work")
    stack.sql(LOSE, "2026-01-01")
    stack.sql(STARTED)
    expect(zurich).to_contain_text("Down", timeout=5000)
    expect(summary).to_contain_text("1 of 2 locations has trouble")
    expect(page.locator("#status-open")).to_contain_text("Zürich is being repaired")
    stack.sql(LOSE, None)
    expect(summary).to_contain_text("All locations in service work", timeout=5000)
    watch.assert_quiet()


def test_without_javascript_the_page_loads_itself_anew(
    open_context: Callable[..., BrowserContext], stack: Stack
) -> None:
    page = open_context(java_script_enabled=False).new_page()
    page.goto("/status")
    expect(page.locator("#status-demo-2")).to_contain_text("Works")
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "15"
    page.get_by_text("Figures per day").first.click()
    expect(page.get_by_role("columnheader", name="Not known").first).to_be_visible()
