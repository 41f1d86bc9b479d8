"""The API speaks JSON whatever `Accept` says; an endpoint that offers other types asks for them itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AlwaysJSON(BaseContentNegotiation):
    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        kind = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, str(first.media_type)


def asked_for(request: Any, offered: Collection[str]) -> str | None:
    """The first of the `offered` media types that `Accept` names; None for JSON, also where it names that as well."""
    named = [part.split(";")[0].strip().lower() for part in request.META.get("HTTP_ACCEPT", "").split(",")]
    if "application/json" in named:
        return None
    return next((kind for kind in named if kind in offered), None)
