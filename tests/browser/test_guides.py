"""On a small phone a command of a guide keeps to its line and is moved inside its box, and is copied as a whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import NARROW
from tests.browser.page_checks import check
from tests.live.stack import Stack

pytestmark = pytest.mark.live

LINES = """(box) => {
  const words = document.createRange();
  words.selectNodeContents(box);
  const tops = new Set([...words.getClientRects()].map((line) => Math.round(line.top)));
  return [tops.size, box.textContent.trim().split("\\n").length];
}"""
# Smoothly, so that it takes some frames.
MOVES = """async (box) => {
  for (let frame = 0; frame < 300 && box.scrollLeft === 0; frame += 1) await new Promise(requestAnimationFrame);
  return box.scrollLeft > 0;
}"""


def test_long_commands_on_a_small_phone(open_context: Callable[..., BrowserContext], stack: Stack) -> None:
    context = open_context(viewport=NARROW)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    check(page, "/help/set-up/openwrt")
    for commands in page.locator("pre.code").all():
        shown, written = commands.evaluate(LINES)
        assert shown == written, commands.inner_text()
    commands = page.locator("#guide-network")
    commands.focus()
    page.keyboard.press("ArrowRight")
    assert commands.evaluate(MOVES)
    assert page.evaluate("scrollX") == 0
    copy = page.locator("[data-copy=guide-network]")
    expect(copy).to_be_visible()
    place = copy.bounding_box()
    assert place is not None
    assert (place["x"] >= 0, place["x"] + place["width"] <= NARROW["width"]) == (True, True)
    copy.click()
    expect(copy).not_to_have_text("Copy commands")
    assert page.evaluate("navigator.clipboard.readText()").strip() == commands.inner_text().strip()
