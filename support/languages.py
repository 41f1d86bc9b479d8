"""Which of the knowledge base's languages a reader prefers."""

from __future__ import annotations

from django.utils.translation import get_language

from support.models import Article


def wanted_language() -> str:
    """That of the page they see; English where there are no texts in it."""
    language = (get_language() or "").partition("-")[0]
    return language if language in Article.Language.values else Article.Language.EN.value
