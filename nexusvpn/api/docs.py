"""The OpenAPI document and Swagger UI, both from our own origin and under our own CSP."""

from __future__ import annotations

from functools import lru_cache

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator

from nexusvpn.ratelimit import enforce_everything


@lru_cache(maxsize=1)
def _schema() -> bytes:
    """Made once a process: it depends on nothing but the code."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    document = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return orjson.dumps(document, default=str)


def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3 as JSON. Not in the envelope: it is a document for tools, which expect it bare."""
    enforce_everything(request, None)
    return HttpResponse(_schema(), content_type="application/json")


def docs(request: HttpRequest) -> HttpResponse:
    enforce_everything(request, None)
    return render(request, "api/docs.html")
