"""The cookie by which a browser is known again at its next sign-in. It opens nothing, and says nothing about anybody."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from nexusvpn.appearance import remember_choice
from nexusvpn.languages import known_language

CLIENT_COOKIE = "__Host-client" if settings.SESSION_COOKIE_SECURE else "client"


class ClientCookieMiddleware:
    """Leaves the cookie with a browser in which somebody has just signed in; and their language, if it has chosen none."""

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
            _leave_language(request, response)
        return response


def _leave_language(request: HttpRequest, response: HttpResponseBase) -> None:
    name = settings.LANGUAGE_COOKIE_NAME
    language = known_language(getattr(request.user, "language", ""))
    if language and name not in request.COOKIES and name not in response.cookies:
        remember_choice(response, name, language)
