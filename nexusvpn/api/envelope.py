"""The envelope of every answer under /api/, in one place."""

from __future__ import annotations

import time
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse

from nexusvpn.context import accept_request_id
from nexusvpn.languages import lazy as _

# Code and message of the one refusal that DRF's views and all others share.
METHOD_NOT_ALLOWED = ("method_not_allowed", _("This address does not take that method."))
JSON_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def timestamp() -> str:
    """Now, UTC, ISO 8601 with milliseconds: `2026-01-31T12:00:00.000Z`."""
    now = time.time()
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03d}Z"


def request_id_of(request: HttpRequest) -> str:
    found: str | None = getattr(request, "request_id", None)
    return found or accept_request_id(None)


def envelope(request: HttpRequest, status: int, message: str, data: Any, error: dict[str, Any] | None = None) -> bytes:
    body: dict[str, Any] = {"status_code": status, "message": message, "data": data}
    if error is not None:
        body["error"] = error
    body["request_id"] = request_id_of(request)
    body["timestamp"] = timestamp()
    return orjson.dumps(body, default=str, option=JSON_OPTIONS)


def data_response(request: HttpRequest, status: int, data: Any, message: str = "Success") -> HttpResponse:
    """An enveloped answer from outside DRF (health checks, middleware)."""
    return HttpResponse(envelope(request, status, message, data), status=status, content_type="application/json")


def error_response(
    request: HttpRequest,
    status: int,
    code: str,
    message: str,
    fields: dict[str, list[str]] | None = None,
    retry_after: int | None = None,
) -> HttpResponse:
    """An enveloped error from outside DRF."""
    body = envelope(request, status, message, None, {"code": code, "fields": fields or {}})
    response = HttpResponse(body, status=status, content_type="application/json")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
