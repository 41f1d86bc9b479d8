"""The HTML handler: which page and status an error of ours, or Django's own, becomes. Under /api/ all of them have the envelope."""

from __future__ import annotations

from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from nexusvpn.api.envelope import error_response
from nexusvpn.api.status import http_status
from nexusvpn.audit import record_act
from nexusvpn.db import is_lost_database, note_lost_database
from nexusvpn.errors import DomainError, Unavailable
from nexusvpn.http import is_api, with_retry_after
from nexusvpn.logs import logger

log = logger(__name__)
TEMPLATES = {
    400: "errors/400.html",
    403: "errors/403.html",
    404: "errors/404.html",
    429: "errors/429.html",
    503: "errors/503.html",
}


def exception_page(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """The answer for an exception of a view; None leaves one that nobody foresaw to Django's own 500."""
    if is_lost_database(error):
        log.error("database_unavailable", error=type(error).__name__)
        note_lost_database(error)
        return error_page(request, Unavailable(code="database_unavailable"))
    if isinstance(error, DomainError):
        return error_page(request, error)
    return _api_fault(request) if is_api(request) else None


def error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A DomainError as the page (or, under /api/, the envelope) of its kind."""
    status = http_status(error)
    if is_api(request):
        return error_response(request, status, error.code, error.message, error.fields, error.retry_after)
    template = TEMPLATES.get(status, "errors/400.html")
    response = _page(request, template, status, message=error.message, retry_after=error.retry_after)
    return with_retry_after(response, error.retry_after)


def _page(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    """Kept by no cache: it may say who is signed in, and some would keep a 404 unasked."""
    response = render(request, template, context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _api_fault(request: HttpRequest) -> HttpResponse:
    """An unforeseen exception under /api/: in the envelope, with DEBUG on too. Says nothing of the inside."""
    log.exception("unhandled_exception", path=request.path_info[:200])
    # What Django itself sends when it catches one: error reporting listens to it.
    got_request_exception.send(sender=None, request=request)
    return server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return error_response(request, 400, "malformed_request", _("The request cannot be understood."))
    return _page(request, "errors/400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return error_response(request, 403, "not_allowed", _("You may not do this."))
    if request.path_info.startswith("/admin/") and request.user.is_authenticated:
        record_act("denied", actor=request.user, details={"method": request.method, "path": request.path_info[:200]})
    return _page(request, "errors/403.html", 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    message = _(
        "This form is out of date, and nothing was sent. Go back, copy what you wrote, reload the page and send it again."
    )
    if is_api(request):
        return error_response(request, 403, "csrf_failed", message)
    return _page(request, "errors/400.html", 403, message=message)


def too_large(request: HttpRequest, limit: int) -> HttpResponse:
    message = _("The body may have at most %(limit)s bytes.") % {"limit": limit}
    if is_api(request):
        return error_response(request, 413, "payload_too_large", message)
    return _page(request, "errors/400.html", 413, message=message)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return error_response(request, 404, "not_found", _("There is nothing here."))
    return _page(request, "errors/404.html", 404)


def wrong_method(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Django's empty 405 as a page, for somebody who reloads or opens an address that only takes forms, or has just signed in for it."""
    if is_api(request) or "text/html" not in request.headers.get("Accept", ""):
        return answer
    page = _page(request, "errors/405.html", 405, above=_page_above(request.path_info))
    page.headers["Allow"] = answer.headers["Allow"]
    return page


def _page_above(path: str) -> str:
    """The nearest page that the address lies below, which mostly has the form; empty where there is none."""
    asked = path
    # The admin's end in a slash. Whatever lies below it leads somewhere, if only back to itself with the slash: those have no name.
    end = "/" if path.startswith("/admin/") else ""
    while path := path.rpartition("/")[0]:
        above = path + end
        if above != asked and _is_a_page(above):
            return above
    return ""


def _is_a_page(path: str) -> bool:
    try:
        return bool(resolve(path).url_name)
    except Resolver404:
        return False


def server_error(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return error_response(request, 500, "internal_error", _("Something went wrong on our side."))
    return _page(request, "errors/500.html", 500)
