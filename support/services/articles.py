"""The knowledge base as people read it: published texts in their language, found by words, and whether they helped."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import CombinedExpression
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from nexusvpn.batches import delete_some
from nexusvpn.errors import NotFound
from support.models import Article, ArticleVote

SUGGESTED = 5
FOUND = 30
MOST_HELPFUL = 5
ON_START_PAGE = 12
# Of a longer question only the first words are looked for.
_WORDS, _LETTERS = 12, 40
# A shorter beginning would find nearly everything.
_BEGINNING = 4
_CONFIGURATIONS = {Article.Language.EN.value: "english", Article.Language.DE.value: "german"}
PLAIN = "simple"


class Suggestion(NamedTuple):
    title: str
    path: str


def readable(language: str) -> QuerySet[Article]:
    """What is published, each in this language where it exists in it, otherwise in English."""
    published = Article.objects.filter(state=Article.State.PUBLISHED)
    translated = Exists(published.filter(slug=OuterRef("slug"), language=language))
    return published.filter(Q(language=language) | Q(~translated, language=Article.Language.EN))


def find_article(slug: str, language: str, reader: User | None = None) -> Article:
    """The article, in the reader's language or in English; drafts for staff who may see them. Raises NotFound."""
    rows = Article.objects.filter(slug=slug, language__in=[language, Article.Language.EN]).select_related("category")
    if not may_see_drafts(reader):
        rows = rows.filter(state=Article.State.PUBLISHED)
    found = sorted(rows, key=lambda article: article.language != language)
    if not found:
        raise NotFound
    return found[0]


def may_see_drafts(reader: User | None) -> bool:
    return reader is not None and reader.acts_as_staff and reader.has_perm("support.view_article")


def article_path(slug: str) -> str:
    return reverse("help-article", args=[slug])


def most_helpful(language: str) -> list[Article]:
    """Those that more people found helpful than not, by how many more; none where nobody has said so."""
    helped, not_helped = (Count("votes", filter=Q(votes__helped=value)) for value in (True, False))
    rows = readable(language).annotate(worth=helped - not_helped).filter(worth__gt=0)
    return list(rows.order_by("-worth", "title", "id")[:MOST_HELPFUL])


def start_page_questions(language: str) -> list[Article]:
    """Those that staff put on the start page, in the order of the help."""
    rows = readable(language).filter(on_start_page=True).select_related("category").defer("search")
    return list(rows.order_by("category__position", "category__name", "title", "id")[:ON_START_PAGE])


def vote_on_article(*, user: User, article: Article, helped: bool) -> None:
    """Whether it helped them; a later vote of the same person takes the earlier one's place."""
    vote = ArticleVote(article=article, user=user, helped=helped, created_at=timezone.now())
    # One statement: of two clicks at once neither is an error, and the later one holds.
    ArticleVote.objects.bulk_create(
        [vote], update_conflicts=True, unique_fields=["article", "user"], update_fields=["helped", "created_at"]
    )


def vote_of(user: User, article: Article) -> bool | None:
    return ArticleVote.objects.filter(article=article, user=user).values_list("helped", flat=True).first()


def votes_for(article: Article) -> tuple[int, int]:
    """How many people it helped, and how many have said anything."""
    counted = article.votes.aggregate(helped=Count("pk", filter=Q(helped=True)), said=Count("pk"))
    return counted["helped"], counted["said"]


def erase_votes(user: User, batch: int) -> bool:
    """Erase some of an erased person's votes; returns whether more may be left. Inside a transaction."""
    return delete_some(ArticleVote.objects.filter(user=user), batch)


def suggest(text: str, language: str) -> list[Suggestion]:
    """What may answer a question that is being typed, the nearest first; any of its words counts."""
    return [Suggestion(title, article_path(slug)) for slug, title in _found(text, language, "|", SUGGESTED)]


def search_articles(text: str, language: str) -> list[Suggestion]:
    """The articles that have all of the words; where none has, those that have any."""
    found = _found(text, language, "&", FOUND) or _found(text, language, "|", FOUND)
    return [Suggestion(title, article_path(slug)) for slug, title in found]


def search_vector(language: str) -> CombinedExpression:
    """Title before body, by the stems of its language; the title's words as they are written beside it."""
    by_stem = search_configuration(language)
    return (
        SearchVector("title", weight="A", config=by_stem)
        + SearchVector("body", weight="B", config=by_stem)
        + SearchVector("title", weight="C", config=PLAIN)
    )


@cache
def search_configuration(language: str) -> str:
    """PostgreSQL's text search configuration for a language; one without it compares words as they are written."""
    wanted = _CONFIGURATIONS.get(language, PLAIN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_ts_config WHERE cfgname = %s", [wanted])
        return wanted if cursor.fetchone() else PLAIN


def _found(text: str, language: str, joined_by: str, limit: int) -> list[tuple[str, str]]:
    words = re.findall(r"\w+", text)[:_WORDS]
    for tongue in dict.fromkeys([language, Article.Language.EN.value]) if words else ():
        query = _query(words, tongue, joined_by)
        rows = readable(language).filter(language=tongue, search=query)
        ranked = rows.order_by(SearchRank(F("search"), query).desc(), "title", "id")
        found = list(ranked.values_list("slug", "title")[:limit])
        if found:
            return found
    return []


def _query(words: list[str], language: str, joined_by: str) -> SearchQuery:
    """The last word may be half typed: it is looked for as a beginning, also of a title's words as they are written,
    since the half of a word has another stem than the whole."""
    by_stem = search_configuration(language)
    *whole, last = (word[:_LETTERS] for word in words)
    query = _raw(f"'{last}':*", by_stem)
    if len(last) >= _BEGINNING:
        query = query | _raw(f"'{last}':*", PLAIN)
    for word in whole:
        found = _raw(f"'{word}'", by_stem)
        query = query & found if joined_by == "&" else query | found
    return query


def _raw(expression: str, configuration: str) -> SearchQuery:
    return SearchQuery(expression, config=configuration, search_type="raw")
