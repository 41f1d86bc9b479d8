"""Which of the knowledge base's languages a reader prefers."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header
from rest_framework.request import Request

from support.models import Article


def wanted_language(request: HttpRequest | Request) -> str:
    """By the browser's own preference; English for everybody else."""
    for tag, _ in parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", "")):
        if (language := tag.partition("-")[0]) in Article.Language.values:
            return language
    return Article.Language.EN.value
