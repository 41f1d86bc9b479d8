"""The cookie by which a browser is known again at its next sign-in. It opens nothing, and says nothing about anybody."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

CLIENT_COOKIE = "__Host-client" if settings.SESSION_COOKIE_SECURE else "client"


class ClientCookieMiddleware:
    """Leaves the cookie with a browser in which somebody has just signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        cookie = getattr(request, "client_cookie", None)
        if cookie is not None:
            response.set_cookie(
                CLIENT_COOKIE,
                cookie,
                max_age=settings.KNOWN_CLIENTS_KEPT_DAYS * 86400,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response
