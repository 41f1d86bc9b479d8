"""What is asked of every page that a browser shows, and pictures of it for who wants to see it (`SCREENSHOTS`)."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import WIDE
from tests.browser.npm_tools import axe_source

LONG = "W" * 64
# What a screen reader would stumble over.
UNLABELLED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href]")]
  .filter((e) => e.checkVisibility() && !e.closest("[aria-hidden=true]"))
  .filter((e) => !(e.labels?.length || e.ariaLabel || e.innerText?.trim() || e.title))
  .map((e) => e.outerHTML.slice(0, 120))"""
WIDER = """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5 && !e.closest(".scroll, pre, table, svg"))
  .map((e) => e.outerHTML.slice(0, 120))"""
# Rows of staff's lists are cards on a phone: nothing is to be looked for at their side.
CUT_ROWS = """() => innerWidth <= 640 && [...document.querySelectorAll(".results")].some((e) => e.scrollWidth > e.clientWidth)"""
SMALL_TARGETS = """() => [...document.querySelectorAll("button, .button, nav a, .foot a, select, input:not([type=hidden])")]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24)
  .map((e) => e.outerHTML.slice(0, 120))"""


def check(page: Page, path: str, status: int = 200) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == status, f"{path} is {answer.status}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path}: {page.evaluate(WIDER)}"
    assert page.evaluate(UNLABELLED) == [], path
    assert page.evaluate(SMALL_TARGETS) == [], path
    assert page.locator("h1:visible").count() == 1, path
    assert page.evaluate(
        "document.querySelectorAll('[id]').length === new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size"
    ), path
    assert page.title().endswith(" · NexusVPN")
    assert page.evaluate("document.documentElement.lang") == page.evaluate("navigator.language.slice(0, 2)"), path
    check_access(page, path)
    keep_picture(page, path)


def check_staff(page: Page, path: str) -> None:
    """The admin is Django's: what is ours is that it is whole, fits the screen and speaks the reader's language."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200, f"{path} is {answer.status}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path}: {page.evaluate(WIDER)}"
    assert not page.evaluate(CUT_ROWS), path
    assert page.evaluate("document.documentElement.lang") == page.evaluate("navigator.language.slice(0, 2)"), path
    keep_picture(page, path)


def check_access(page: Page, path: str) -> None:
    """What axe-core finds against WCAG 2.2, levels A and AA, and its best practices."""
    page.evaluate(axe_source())
    # Without a copy of the style sheets, which only rules about sounds need and which the page's policy would block.
    options = "{resultTypes: ['violations'], preload: false}"
    found = page.evaluate(f"axe.run(document, {options}).then((result) => result.violations)")
    assert not found, (path, [(rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found])


def keep_picture(page: Page, path: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if not folder:
        return
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    size = page.viewport_size or WIDE
    view = f"{size['width']}-{scheme}-{page.evaluate('document.documentElement.lang')}"
    test = re.sub(r".*::test_(\w+).*", r"\1", os.environ["PYTEST_CURRENT_TEST"])
    name = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9]{32,}", "-", path)
    name = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "start"
    target = Path(folder) / test / view
    target.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target / f"{len(list(target.iterdir())):03}-{name}.png", full_page=True)
