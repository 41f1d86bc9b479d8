"""The product's articles in every language of the site: the same ones, about the same things, found by its words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import escape

from support.services.articles import search_articles, suggest
from support.services.shipped_articles import FOLDER, load_articles, shipped_articles
from tests.api_client import ApiClient

LANGUAGES = [code for code, _ in settings.LANGUAGES]
SLUGS = sorted({path.name.split(".")[0] for path in FOLDER.glob("*.md")})


def text_of(slug: str, language: str) -> str:
    """As it is written, settings still by their names."""
    return (FOLDER / f"{slug}.{language}.md").read_text(encoding="utf-8")


def outline(text: str) -> list[str]:
    """What a translation has in common with its original, in its order: the head, and the kinds of its lines."""
    head, body = text.split("---\n", 1)
    kinds = re.findall(r"^(#+ |- |\d+\. |(?=[^\s#\d-]))", body, re.MULTILINE)
    return [*head.splitlines()[1:], *kinds]


def named(text: str) -> tuple[list[str], list[str], list[str]]:
    """The links of a text, its settings, and what it writes as code."""
    patterns = (r"\]\(([^)]+)\)", r"\{[A-Z_]+\}", r"`[^`]+`")
    links, values, code = (sorted(re.findall(pattern, text)) for pattern in patterns)
    return links, values, code


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
@pytest.mark.parametrize("slug", SLUGS)
def test_an_article_says_the_same_in_every_language(slug: str, language: str) -> None:
    original, text = text_of(slug, "en"), text_of(slug, language)
    assert outline(text) == outline(original)
    assert named(text) == named(original)


def test_a_translation_is_none_of_the_original() -> None:
    titles = [(one.slug, one.title) for one in shipped_articles()]
    assert len(titles) == len(set(titles)) == len(SLUGS) * len(LANGUAGES)


@pytest.fixture
def loaded(db: Any) -> None:
    load_articles()


@pytest.mark.usefixtures("loaded")
def test_a_german_reader_gets_the_german_articles() -> None:
    reader = Client(headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    listed = reader.get("/help").text
    for article in shipped_articles():
        link = f'<a href="/help/{article.slug}">{escape(article.title)}</a>'
        assert (link in listed) == (article.language == "de")
    page = reader.get("/help/money-back").text
    assert "<h1>Geld zurück, falsch oder doppelt bezahlt</h1>" in page
    assert '<article class="prose reading" lang="de"><p><a href="/support">Schreib uns</a>' in page
    assert "Money back, wrong or double charges" in Client().get("/help/money-back").text


@pytest.mark.usefixtures("loaded")
def test_what_germans_ask_finds_what_answers_it() -> None:
    asked = {
        "mein Telefon verbindet sich nicht": "connection-problems",
        "keine Verbindung": "connection-problems",
        "Geld zurück": "money-back",
        "doppelt bezahlt": "money-back",
        "Tarif kündigen": "plans-and-payments",
        "Konto löschen": "delete-account",
        "Wiederherstellungscodes": "two-factor",
        "zweiter Faktor verloren": "two-factor",
        "Datenvolumen aufgebraucht": "data-limits",
        "Standort wechseln": "choose-location",
        "private Schlüssel verloren": "new-key",
        "wie viele Geräte": "devices-and-slots",
        "Drucker": "split-tunnel",
        "was wird über mich gespeichert": "what-we-store",
        "brauche ich eine App": "what-is-wireguard",
        "Gutha": "credit-for-referrals",
        "gesperrt": "device-states",
    }
    found = {question: [one.path.removeprefix("/help/") for one in suggest(question, "de")][:1] for question in asked}
    assert found == {question: [slug] for question, slug in asked.items()}
    assert {one.path for one in search_articles("Schlüssel verloren", "de")} >= {"/help/new-key"}


@pytest.mark.usefixtures("loaded")
def test_the_api_suggests_in_the_language_of_who_asks(api: ApiClient) -> None:
    path = "help/articles/suggested?q=Rechnung erstattet"
    german = api.get(path, **{"Accept-Language": "de"}).data["items"]
    assert german[0] == {"title": "Geld zurück, falsch oder doppelt bezahlt", "path": "/help/money-back"}
    assert api.get(path).data["items"] == []
