"""The API handler: every exception becomes an envelope with a stable code, and says nothing of the inside."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404
from rest_framework import exceptions as drf
from rest_framework.request import Request
from rest_framework.response import Response

from nexusvpn import errors
from nexusvpn.api.envelope import METHOD_NOT_ALLOWED
from nexusvpn.api.status import http_status
from nexusvpn.audit import record_act
from nexusvpn.db import is_lost_database, note_lost_database
from nexusvpn.languages import lazy as _
from nexusvpn.logs import logger
from nexusvpn.ratelimit import DENIALS_NOTED, enforce

log = logger(__name__)
# Codes of our own that a field's error may carry and that then name the whole answer.
FIELD_CODES = {"unknown_field", "invalid_public_key"}
_DRF: dict[type[drf.APIException], tuple[str, str]] = {
    drf.ParseError: ("malformed_json", _("The body is not valid JSON.")),
    drf.NotAuthenticated: ("not_authenticated", _("Sign in first: send Authorization: Bearer with a token.")),
    drf.AuthenticationFailed: ("invalid_token", _("The token is not valid or has ended.")),
    drf.PermissionDenied: ("not_allowed", _("You may not do this.")),
    drf.NotFound: ("not_found", _("There is nothing here.")),
    drf.MethodNotAllowed: METHOD_NOT_ALLOWED,
    drf.UnsupportedMediaType: ("unsupported_media_type", _("Send JSON with Content-Type: application/json.")),
}


class ErrorResponse(Response):
    """What the renderer turns into an error envelope."""

    def __init__(self, status: int, code: str, message: str, fields: dict[str, list[str]] | None = None) -> None:
        super().__init__({"code": code, "fields": fields or {}}, status=status)
        self.error_message = message


def _fields_of(detail: Any, path: str = "") -> tuple[dict[str, list[str]], set[str]]:
    """Flatten a serializer's errors to `{field: [message]}` and the set of their codes.

    A field within another is named by its path: `load.peers`, `notes.0.code`.
    """
    if isinstance(detail, str):
        detail = [detail]
    if isinstance(detail, dict):
        inner = [(f"{path}.{name}".lstrip("."), below) for name, below in detail.items() if below]
    elif any(isinstance(entry, dict) for entry in detail):
        inner = [(f"{path}.{number}", below) for number, below in enumerate(detail) if below]
    else:
        field = path.removesuffix("non_field_errors").rstrip(".") or "body"
        return {field: [str(entry) for entry in detail]}, {entry.code for entry in detail if hasattr(entry, "code")}
    fields: dict[str, list[str]] = {}
    found: set[str] = set()
    for name, below in inner:
        deeper, codes = _fields_of(below, name)
        fields.update(deeper)
        found |= codes
    return fields, found


def _from_drf(error: drf.APIException) -> Response:
    if isinstance(error, drf.ValidationError):
        fields, codes = _fields_of(error.detail)
        known = codes & FIELD_CODES
        code = known.pop() if len(known) == 1 and len(codes) == 1 else "invalid_input"
        return ErrorResponse(400, code, _("Some fields need another value."), fields)
    for kind, (code, message) in _DRF.items():
        if isinstance(error, kind):
            response = ErrorResponse(error.status_code, code, message)
            challenge = getattr(error, "auth_header", None)
            if challenge:
                response["WWW-Authenticate"] = challenge
            return response
    return ErrorResponse(error.status_code, "request_refused", _("The request was refused."))


def _note_denial(error: errors.NotAllowed, request: Request) -> None:
    """Into the audit log, once a minute for each person and reason: a program that asks again and again fills it with nothing new."""
    user = request.user
    if not user.is_authenticated:
        return
    try:
        enforce(request._request, DENIALS_NOTED, f"{user.pk}:{error.code}")
    except errors.RateLimited:
        return
    details = {"method": request.method, "path": request.path_info[:200], "code": error.code}
    record_act("denied", actor=user, person=user.pk, details=details)


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. None lets Django log the exception and answer 500 through `handler500`."""
    if isinstance(error, Http404):
        error = errors.NotFound()
    elif isinstance(error, PermissionDenied):
        error = errors.NotAllowed()
    elif is_lost_database(error):
        log.error("database_unavailable", error=type(error).__name__)
        note_lost_database(error)
        error = errors.Unavailable(code="database_unavailable")
    elif isinstance(error, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return ErrorResponse(413, "payload_too_large", _("The body is too large."))
    if isinstance(error, errors.NotAllowed):
        _note_denial(error, context["request"])
    if isinstance(error, errors.DomainError):
        response: Response = ErrorResponse(http_status(error), error.code, error.message, error.fields)
        if error.retry_after is not None:
            response["Retry-After"] = str(error.retry_after)
        if isinstance(error, errors.NotAuthenticated):
            response["WWW-Authenticate"] = "Bearer"
        return response
    if isinstance(error, drf.APIException):
        return _from_drf(error)
    return None
