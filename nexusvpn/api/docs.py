"""The OpenAPI document and Swagger UI, both from our own origin and under our own CSP."""

from __future__ import annotations

from functools import lru_cache

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator

from nexusvpn.api.read_only import counted, read_only
from nexusvpn.languages import speaking


@lru_cache(maxsize=1)
def _schema() -> bytes:
    """Made once a process: it depends on nothing but the code, whoever asks first and in whichever language."""
    with speaking("en"):
        generator = SchemaGenerator()  # type: ignore[no-untyped-call]
        document = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        return orjson.dumps(document, default=str)


@counted
@read_only
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3 as JSON. Not in the envelope: it is a document for tools, which expect it bare."""
    return HttpResponse(_schema(), content_type="application/json")


@counted
@read_only
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")
