"""No page needs more than the content security policy allows, and none asks another site for anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [path for path in sorted((ROOT / "templates").rglob("*.html")) if "emails" not in path.parts]
SOURCES = sorted((ROOT / "nexusvpn/static/nexusvpn").rglob("*.*"))
LARGEST_FILE_LINES = 250

FORBIDDEN = {
    "an inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    # A block of data is none: no browser runs it, whatever the policy.
    "an inline script": re.compile(r"""<script(?![^>]*\s(src=|type="application/json"))""", re.IGNORECASE),
    "an inline handler": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
    # What a page loads or sends; a link that somebody may follow is one of `<a>`.
    "another site": re.compile(r"""(\b(src|action)|<(?!a\b)\w+\b[^>]*\shref)\s*=\s*["'](https?:)?//""", re.IGNORECASE),
    "text that is not escaped": re.compile(r"\|\s*safe\b|autoescape off"),
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
@pytest.mark.parametrize("what", FORBIDDEN)
def test_a_page_has_nothing_that_the_policy_forbids(page: Path, what: str) -> None:
    assert not FORBIDDEN[what].search(page.read_text()), f"{name(page)} has {what}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_form_that_changes_something_has_its_token(page: Path) -> None:
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", page.read_text(), re.DOTALL):
        assert "{% csrf_token %}" in form


@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_a_source_file_is_small_and_asks_no_other_site(source: Path) -> None:
    text = source.read_text()
    assert len(text.splitlines()) <= LARGEST_FILE_LINES
    addresses = set(re.findall(r"https?://[^\s\"')]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
