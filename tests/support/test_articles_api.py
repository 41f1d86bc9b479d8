from __future__ import annotations

import pytest

from support.models import Article
from tests.api_client import ApiClient
from tests.factories.articles import make_article
from tests.queries import recorded_queries

pytestmark = pytest.mark.django_db


def test_anybody_lists_and_reads_what_is_published(api: ApiClient) -> None:
    article = make_article(body="It **stops** the rest.")
    make_article("draft", state=Article.State.DRAFT)
    listed = api.get("help/articles").data
    assert [item["slug"] for item in listed["items"]] == ["kill-switch"]
    assert listed["items"][0]["category"] == "connection"
    read = api.get("help/articles/kill-switch").data
    assert (read["title"], read["language"], read["body"]) == (article.title, "en", "It **stops** the rest.")
    assert api.get("help/articles/draft").status == 404
    assert api.get("help/articles?category=plans").data["total"] == 0
    assert api.get("help/articles?category=a%00b").status == 400


def test_an_unchanged_answer_is_304_and_languages_have_tags_of_their_own(api: ApiClient) -> None:
    make_article()
    make_article(language="de", title="Notschalter")
    for path in ("help/articles", "help/articles/kill-switch"):
        first = api.get(path)
        etag = first.headers["ETag"]
        assert api._client.get(f"/api/v1/{path}", headers={"If-None-Match": etag}).status_code == 304
        assert "Accept-Language" in first.headers["Vary"]
        german = api._client.get(f"/api/v1/{path}", headers={"If-None-Match": etag, "Accept-Language": "de"})
        assert german.status_code == 200
    Article.objects.update(body="Anew.")
    assert api.get("help/articles/kill-switch", **{"If-None-Match": etag}).status == 200


def test_suggestions_are_at_most_five_titles_with_their_paths(api: ApiClient) -> None:
    for number in range(7):
        make_article(f"tunnel-{number}", title=f"Tunnel {number}")
    items = api.get("help/articles/suggested?q=my tunn").data["items"]
    assert len(items) == 5
    assert items[0] == {"title": "Tunnel 0", "path": "/help/tunnel-0"}
    assert api.get("help/articles/suggested").data["items"] == []


def test_the_list_costs_the_same_with_1_and_with_20_articles(api: ApiClient) -> None:
    make_article("first")
    api.get("help/articles")
    with recorded_queries() as few:
        api.get("help/articles")
    for number in range(20):
        make_article(f"article-{number}")
    with recorded_queries() as many:
        api.get("help/articles")
    assert len(few) == len(many) <= 2
