"""The knowledge base over the API: what is published, for anybody."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from django.utils.cache import patch_vary_headers
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nexusvpn.api.pagination import fetch_page, page_request
from nexusvpn.api.permissions import Anyone
from nexusvpn.api.schema import LIST_PARAMETERS, listed
from nexusvpn.api.views import ApiView
from nexusvpn.db import refuse_nul
from support.languages import wanted_language
from support.models import Article
from support.services.articles import find_article, readable, suggest

COLUMNS = ("slug", "language", "title", "category__slug", "updated_at")
LONGEST_QUESTION = 200


class ArticleView(serializers.Serializer[Any]):
    slug = serializers.CharField()
    language = serializers.ChoiceField(choices=Article.Language.choices)
    title = serializers.CharField()
    category = serializers.CharField()
    updated_at = serializers.DateTimeField()


class ArticleTextView(ArticleView):
    body = serializers.CharField(help_text="Markdown.")


class SuggestionView(serializers.Serializer[Any]):
    title = serializers.CharField()
    path = serializers.CharField()


class SuggestionsView(serializers.Serializer[Any]):
    items = SuggestionView(many=True)


def _row(*values: Any) -> dict[str, Any]:
    return dict(zip(ArticleView().fields, values, strict=True))


def _tagged(request: Request, data: dict[str, Any]) -> Response:
    """The answer with an ETag of its content; 304 where the client has it already. Languages are told apart."""
    etag = f'"{hashlib.sha256(orjson.dumps(data)).hexdigest()[:32]}"'
    unchanged = etag in request.META.get("HTTP_IF_NONE_MATCH", "")
    response = Response(status=304) if unchanged else Response(data)
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Language"])
    return response


class ArticlesView(ApiView):
    permission_classes = (Anyone,)

    @extend_schema(
        parameters=[*LIST_PARAMETERS, OpenApiParameter("category", OpenApiTypes.STR)],
        responses={200: listed(ArticleView), 304: None},
        auth=[],
    )
    def get(self, request: Request) -> Any:
        """What is published, in the language of `Accept-Language` where there is a text in it, otherwise in English."""
        rows = readable(wanted_language())
        if category := request.query_params.get("category"):
            rows = rows.filter(category__slug=refuse_nul(category, "category"))
        page = fetch_page(rows, page_request(request.query_params), COLUMNS, _row)
        return _tagged(request, page.as_dict())


class ArticleDetailView(ApiView):
    permission_classes = (Anyone,)

    @extend_schema(responses={200: ArticleTextView, 304: None}, auth=[])
    def get(self, request: Request, slug: str) -> Any:
        article = find_article(slug, wanted_language())
        data = _row(article.slug, article.language, article.title, article.category.slug, article.updated_at)
        return _tagged(request, {**data, "body": article.body})


class SuggestedArticlesView(ApiView):
    permission_classes = (Anyone,)

    @extend_schema(
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, description="What is being typed; its last word may be half.")
        ],
        responses={200: SuggestionsView},
        auth=[],
    )
    def get(self, request: Request) -> Response:
        """At most five articles that may answer a question, the nearest first."""
        found = suggest(request.query_params.get("q", "")[:LONGEST_QUESTION], wanted_language())
        return Response({"items": [each._asdict() for each in found]})
