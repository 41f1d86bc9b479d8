"""Django speaks our German: it calls nobody "Sie", and its scripts say nothing in English."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.contrib import admin
from django.test import RequestFactory
from django.utils import translation

from nexusvpn import django_script_texts, django_texts
from tests.german import FORMAL

DJANGO = Path(django.__file__).parent
SAID_BY_A_SCRIPT = re.compile(r"""(?<!p)gettext\(\s*(["'])(.*?)\1""")
# Of pages that the site has in its own words, or has not: the way in, passwords and their mails, a form that is refused as forged.
UNSEEN = (
    "If you are using the <meta",
    "If you have configured your browser",
    "Please enter your new password",
    "Please go to the following page",
    "Thanks for using our site",
    "The password reset link",
    "We’ve emailed you",
    "You are authenticated as",
    "You are seeing this message",
    "Your password",
)


def catalogue(part: str, domain: str = "django", language: str = "de") -> Catalog:
    with (DJANGO / part / "locale" / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return read_po(file)


def texts_of(part: str, domain: str = "django") -> set[Any]:
    return {message.id for message in catalogue(part, domain, "en") if message.id}


def said_by_scripts() -> dict[str, Any]:
    """What the admin's scripts are given in German."""
    with translation.override("de"):
        script = admin.site.i18n_javascript(RequestFactory().get("/")).content.decode()
    found = re.search(r"const newcatalog = (\{.*?\n  \});", script, re.DOTALL)
    assert found
    words: dict[str, Any] = json.loads(found[1])
    return words


@pytest.mark.parametrize(("part", "is_formal"), [("conf", True), ("contrib/admin", True), ("contrib/auth", False)])
def test_what_django_says_formally_is_said_by_us(part: str, is_formal: bool) -> None:
    texts = [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue(part)
        if message.id and FORMAL.search(str(message.string)) and not str(message.id).startswith(UNSEEN)
    ]
    assert bool(texts) is is_formal
    with translation.override("de"):
        assert [text for text in texts if FORMAL.search(translation.gettext(text))] == []


def test_the_admins_scripts_say_nothing_formally_and_nothing_in_english() -> None:
    words = said_by_scripts()
    assert len(words) > 60
    assert not FORMAL.search(json.dumps(words, ensure_ascii=False))
    sources = (DJANGO / "contrib/admin/static/admin/js").rglob("*.js")
    said = {text for path in sources for _, text in SAID_BY_A_SCRIPT.findall(path.read_text())}
    assert len(said) > 40
    assert sorted(text for text in said if text not in words) == []


def test_each_text_of_ours_for_django_is_one_that_it_says() -> None:
    pages = texts_of("conf") | texts_of("contrib/admin") | texts_of("contrib/auth")
    assert [text for text in django_texts.TEXTS if text not in pages] == []
    scripts = "".join(path.read_text() for path in (DJANGO / "contrib/admin/static/admin/js").rglob("*.js"))
    for text in django_script_texts.TEXTS:
        assert str(text) in scripts, text
