"""Every page of the admin, empty and full, found in its registry: whole, as wide as the screen, in the reader's language.

Kept as pictures by `make screenshots`, like the customers' pages.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator

import pytest
from django.contrib import admin
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import NARROW, WIDE
from tests.browser.page_checks import check_staff
from tests.browser.people import new_person, sign_in
from tests.browser.watch import Watch
from tests.live.requirements import missing_for_browser, need
from tests.live.stack import Stack

pytestmark = pytest.mark.live

MODELS = sorted(model._meta.label_lower.replace(".", "/") for model in admin.site._registry)
# Rows of every model, made by what makes them for the tests of the admin; the addresses of their pages are printed.
FILL = """
import json
from django.urls import reverse
from tests.admin.rows import MAKERS
rows = [make() for make in MAKERS.values()]
print(json.dumps([reverse(f"admin:{r._meta.app_label}_{r._meta.model_name}_change", args=[r.pk]) for r in rows]))
"""
# Of the same row; a file is none.
LINKS = """(start) => [...document.links].map((a) => a.pathname)
  .filter((path) => path.startsWith(start) && path.endsWith("/"))"""
# By how much each table of a page is wider than its frame, and its columns.
SIDEWAYS = """() => [...document.querySelectorAll("#changelist .results")]
  .filter((e) => e.scrollWidth > e.clientWidth)
  .map((e) => [e.scrollWidth - e.clientWidth,
    ...[...e.querySelectorAll("thead th")].map((th) => `${th.innerText.trim()} ${Math.round(th.offsetWidth)}`)])"""
# Where words are longest and room is least; all of them for pictures.
VIEWS = [("narrow", "light", "de")]
if os.environ.get("SCREENSHOTS"):
    language = os.environ.get("SCREENSHOT_LANGUAGE", "en")
    VIEWS = [(size, scheme, language) for size in ("narrow", "wide") for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One of its own: rows of everything would be seen on other tests' pages."""
    need(missing_for_browser())
    made = Stack(os.environ["DATABASE_URL"], tmp_path_factory.mktemp("stack"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(params=VIEWS, ids="-".join)
def page(request: pytest.FixtureRequest, open_context: Callable[..., BrowserContext], stack: Stack) -> Iterator[Page]:
    """Of a superuser."""
    size, scheme, language = request.param
    viewport, locale = {"narrow": NARROW, "wide": WIDE}[size], {"de": "de-DE", "en": "en-GB"}[language]
    context = open_context(viewport=viewport, color_scheme=scheme, locale=locale)
    watch = Watch(context)
    member = new_person(stack, language=language)
    stack.sql("UPDATE accounts_user SET is_staff = true, is_superuser = true WHERE email = %s", member.email)
    page = context.new_page()
    sign_in(page, member.email)
    yield page
    watch.assert_quiet()


@pytest.fixture
def look(stack: Stack, page: Page) -> Callable[[str], None]:
    """At a page, however many were looked at in this minute."""

    def at(path: str) -> None:
        stack.sql("TRUNCATE nexusvpn_counter")
        check_staff(page, path)

    return at


def test_empty_lists(look: Callable[[str], None]) -> None:
    for path in ("/admin/", *(f"/admin/{model}/" for model in MODELS)):
        look(path)


@pytest.fixture(scope="module")
def rows(stack: Stack) -> list[str]:
    """The addresses of one row's page for each model."""
    addresses: list[str] = json.loads(stack.manage("shell", "--no-imports", "--command", FILL).splitlines()[-1])
    return addresses


def test_full_lists_and_what_is_behind_them(rows: list[str], page: Page, look: Callable[[str], None]) -> None:
    for path in ("/admin/", *(f"/admin/{model}/" for model in MODELS)):
        look(path)
        if page.locator(f"a[href^='{path}add/']").count():
            look(f"{path}add/")
    for path in rows:
        look(path)
        behind = page.evaluate(LINKS, path.removesuffix("change/"))
        for further in sorted(set(behind) - {path}):
            look(further)


@pytest.mark.parametrize("page", [("wide", "light", "de")], ids="-".join, indirect=True)
@pytest.mark.usefixtures("rows")
def test_no_list_is_wider_than_a_laptops_screen(stack: Stack, page: Page) -> None:
    found = {}
    for model in MODELS:
        stack.sql("TRUNCATE nexusvpn_counter")
        page.goto(f"/admin/{model}/")
        found[model] = page.evaluate(SIDEWAYS)
    assert {model: tables for model, tables in found.items() if tables} == {}
