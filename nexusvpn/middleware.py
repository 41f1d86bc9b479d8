"""Request id and log line, body limits, addresses without NUL, sessions that know their client, limits and errors of pages."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers

from nexusvpn.connections import gate
from nexusvpn.context import accept_request_id, set_client_address, set_request_id
from nexusvpn.db import refuse_nul
from nexusvpn.errors import InvalidInput, Unavailable
from nexusvpn.http import client_address, discard_body, is_api, user_agent
from nexusvpn.logs import logger, without_secrets
from nexusvpn.pages import bad_request, error_page, exception_page, too_large, wrong_method
from nexusvpn.ratelimit import EVERYTHING, OPEN_PAGES, enforce_for_anybody
from nexusvpn.uploads import carries_files

GetResponse = Callable[[HttpRequest], HttpResponseBase]
log = logger("nexusvpn.request")
# Probes and files are asked for often and cost nothing; a limiter in front of them would only add a way to fail. Deliveries come in
# bursts from a few addresses, and what is not signed is refused before anything is asked of the database; so do the posts by which
# mail programs unsubscribe their people.
UNLIMITED_PATHS = ("/api/", "/static/", "/webhooks/", "/unsubscribe/")
# The parts that open pages of the status and of a device exchange.
OPEN_PAGE_PATHS = re.compile(r"/status/now|/devices/[^/]+/state")


class QueryCounter:
    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)


class RequestContextMiddleware:
    """Gives the request its id and writes its one log line."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request_id = accept_request_id(request.META.get("HTTP_X_REQUEST_ID"))
        request.request_id = request_id  # type: ignore[attr-defined]
        set_request_id(request_id)
        set_client_address(client_address(request))
        queries = QueryCounter()
        with connection.execute_wrapper(queries):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        log.info(
            "request",
            method=request.method,
            path=without_secrets(request.path_info)[:200],
            status=response.status_code,
            actor=getattr(request, "actor_id", None),
            ms=round((time.perf_counter() - started) * 1000, 2),
            queries=queries.count,
        )
        return response


class BodyLimitMiddleware:
    """Refuses a body that is too large before anything reads it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return bad_request(request, ValueError("Content-Length"))
        limit = self._limit(request)
        if length <= limit:
            return self.get_response(request)
        discard_body(request, length)
        return too_large(request, limit)

    @staticmethod
    def _limit(request: HttpRequest) -> int:
        if request.path_info.startswith("/webhooks/"):
            return int(settings.WEBHOOK_BODY_LIMIT_BYTES)
        if carries_files(request):
            return int(settings.UPLOAD_BODY_LIMIT_BYTES)
        if not is_api(request):
            # Nothing else is uploaded here; Django alone would write files of any size to the disk.
            return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        node = request.path_info.startswith("/api/v1/node/")
        return int(settings.NODE_BODY_LIMIT_BYTES if node else settings.API_BODY_LIMIT_BYTES)


class NoNulMiddleware:
    """Refuses an address that holds a NUL: PostgreSQL has no text with one, and whoever looked for it would fail."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            refuse_nul(request.path_info, "path")
            query = request.META.get("QUERY_STRING", "")
            if "%00" in query or "\0" in query:
                for name, values in request.GET.lists():
                    refuse_nul("".join((name, *values)), name)
        except InvalidInput as error:
            return error_page(request, error)
        return self.get_response(request)


class DatabaseGateMiddleware:
    """Refuses at once what would only wait for a database that hangs. Health waits for nothing, and files were served before."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/api/health") or gate.admits():
            return self.get_response(request)
        return error_page(request, Unavailable(code="database_unavailable"))


class ClientSessionMiddleware(SessionMiddleware):
    """Tells the session store whose browser it is, so that the list of sessions can say it. Takes no cookie from a browser that has
    not signed out with this request, and lets no cache keep what was said to somebody who is signed in."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.session.client = (client_address(request), user_agent(request))  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """A key that is merely unknown may have been replaced while the request was under way: this answer, if it came after the one
        that brought the new cookie, would delete that."""
        response = super().process_response(request, response)
        name = settings.SESSION_COOKIE_NAME
        if name in response.cookies and not response.cookies[name].value and not request.session.ended:  # type: ignore[attr-defined]
            del response.cookies[name]
        # Faults are left as they are: a session that could not be loaded would be asked for again here.
        is_open = response.status_code < 500 and not response.has_header("Cache-Control")
        if is_open and request.session.accessed and "_auth_user_id" in request.session:
            add_never_cache_headers(response)
        return response


class PageLimitMiddleware:
    """The limit on everything, for pages; the API enforces the same one after it has authenticated. What open pages ask has its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(UNLIMITED_PATHS):
            try:
                self._count(request)
            except Exception as error:
                page = exception_page(request, error)
                if page is None:
                    raise
                return page
        return self.get_response(request)

    @staticmethod
    def _count(request: HttpRequest) -> None:
        signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES
        user_id = request.session.get("_auth_user_id") if signed_in else None
        request.actor_id = user_id  # type: ignore[attr-defined]
        limit = OPEN_PAGES if OPEN_PAGE_PATHS.fullmatch(request.path_info) else EVERYTHING
        enforce_for_anybody(request, limit, user_id)


class PageErrorMiddleware:
    """Turns a DomainError that a page did not handle itself into the page for its kind, and a bare 405 into one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        return wrong_method(request, response) if response.status_code == 405 else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return exception_page(request, error)
