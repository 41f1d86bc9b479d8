from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import Resolver404, resolve

from support.markdown import render
from support.models import Article, ArticleCategory
from support.services import shipped_articles
from support.services.articles import suggest
from support.services.shipped_articles import CATEGORIES, load_articles
from support.services.shipped_articles import shipped_articles as shipped

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_articles_are_there_once_however_often_they_are_loaded() -> None:
    output = io.StringIO()
    call_command("load_articles", stdout=output)
    count = len(list(shipped()))
    assert output.getvalue() == f"{count} articles written.\n"
    assert load_articles() == 0
    assert Article.objects.filter(state="published").count() == count
    assert suggest("my phone does not connect", "en")[0].path == "/help/connection-problems"


def test_a_new_version_is_taken_over_unless_staff_have_edited_the_article(monkeypatch: pytest.MonkeyPatch) -> None:
    load_articles()
    english = Article.objects.filter(language="en")
    english.filter(slug="new-key").update(body="As staff want it.")
    english.filter(slug="kill-switch").update(state="draft")
    newer = [replace(one, body=f"{one.body}\n\nAnd zebras.") for one in shipped()]
    monkeypatch.setattr(shipped_articles, "shipped_articles", lambda: iter(newer))
    assert load_articles() == len(newer) - 1
    assert english.get(slug="new-key").body == "As staff want it."
    kept_back = english.get(slug="kill-switch")
    assert (kept_back.state, kept_back.body[-11:]) == ("draft", "And zebras.")
    assert suggest("zebras", "en")
    assert load_articles() == 0


def test_a_new_article_may_be_on_the_start_page_and_then_staff_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    load_articles()
    marked = Article.objects.filter(on_start_page=True)
    wanted = {(one.slug, one.language) for one in shipped() if one.on_start_page}
    assert ("money-back", "de") in wanted
    assert set(marked.values_list("slug", "language")) == wanted
    Article.objects.filter(slug="money-back").update(on_start_page=False)
    Article.objects.filter(slug="new-key").update(on_start_page=True)
    newer = [replace(one, body=f"{one.body}\n\nAnd zebras.") for one in shipped()]
    monkeypatch.setattr(shipped_articles, "shipped_articles", lambda: iter(newer))
    assert load_articles() == len(newer)
    assert not marked.filter(slug="money-back").exists()
    assert marked.filter(slug="new-key", body__endswith="And zebras.").count() == 2


def test_articles_that_were_loaded_without_the_start_page_come_there_unless_staff_have_edited_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the version left them that knew of no start page."""
    wanted = {(one.slug, one.language) for one in shipped() if one.on_start_page}
    before = [replace(one, on_start_page=False) for one in shipped()]
    with monkeypatch.context() as earlier:
        earlier.setattr(shipped_articles, "shipped_articles", lambda: iter(before))
        load_articles()
    marked = Article.objects.filter(on_start_page=True)
    assert not marked.exists()
    Article.objects.filter(slug="money-back", language="en").update(body="As staff want it.")
    assert load_articles() == len(wanted) - 1
    assert set(marked.values_list("slug", "language")) == wanted - {("money-back", "en")}
    assert Article.objects.get(slug="money-back", language="en").body == "As staff want it."
    # Once: what staff take away from there stays away.
    marked.update(on_start_page=False)
    assert load_articles() == 0
    assert not marked.exists()


def test_categories_keep_what_staff_call_them() -> None:
    load_articles()
    ArticleCategory.objects.filter(slug="plans").update(name="Money")
    load_articles()
    assert ArticleCategory.objects.get(slug="plans").name == "Money"
    assert ArticleCategory.objects.count() == len(CATEGORIES)


def test_every_link_of_an_article_leads_to_a_page() -> None:
    load_articles()
    paths = {path for one in shipped() for path in re.findall(r'href="(/[^"#?]*)"', render(one.body))}
    assert "/help/new-key" in paths
    broken = [path for path in paths if not _exists(path)]
    assert broken == []


def _exists(path: str) -> bool:
    if path.startswith("/help"):
        return Client().get(path).status_code == 200
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def test_every_article_is_markdown_without_anything_that_is_shown_as_it_was_written() -> None:
    for one in shipped():
        html = render(one.body)
        assert not re.search(r"\{[A-Z_]+\}|&lt;|\]\(|\*\*", html), one.slug
        assert len(one.title) <= 160
