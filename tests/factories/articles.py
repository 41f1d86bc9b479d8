from __future__ import annotations

from typing import Any

from django.utils import timezone

from support.models import Article, ArticleCategory
from support.services.article_editing import index_article


def make_article(slug: str = "kill-switch", **fields: Any) -> Article:
    """Published unless said otherwise, and findable."""
    category, _ = ArticleCategory.objects.get_or_create(slug="connection", defaults={"name": "Connection"})
    values = {
        "title": slug.replace("-", " ").capitalize(),
        "body": "It stops the rest.",
        "category": category,
        **fields,
    }
    if values.setdefault("state", Article.State.PUBLISHED) == Article.State.PUBLISHED:
        values.setdefault("published_at", timezone.now())
    article = Article.objects.create(slug=slug, **values)
    index_article(article)
    return article
