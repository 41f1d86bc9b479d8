"""Which language an answer is in: the one that the browser has chosen here, else the first of ours that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import functional, translation
from django.utils.cache import patch_vary_headers
from django.utils.text import format_lazy

# Programs and files: their answers have no language.
WITHOUT_LANGUAGE = ("/api/v1/node/", "/api/health", "/static/", "/brand/", "/webhooks/", "/metrics")


class LanguageMiddleware(LocaleMiddleware):
    """Django's own, by cookie and `Accept-Language`; `process_response` says which it was."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(WITHOUT_LANGUAGE):
            # What the thread's last request spoke must not be in what this one stores.
            translation.activate(settings.LANGUAGE_CODE)
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path_info.startswith(WITHOUT_LANGUAGE):
            return response
        # Django names only the header, although the cookie goes before it.
        patch_vary_headers(response, ("Cookie",))
        answer: HttpResponseBase = super().process_response(request, response)
        return answer


def lazy(text: str) -> str:
    """Django's `gettext_lazy` for the messages of errors: each error makes a `str` of its own when it is raised."""
    return cast(str, translation.gettext_lazy(text))


def filled(text: str, **values: object) -> str:
    """A lazy text with values in the places of its names, as lazy as it was."""
    return cast(str, format_lazy(text, **values))


def said_later(words: Callable[[], str]) -> str:
    """A lazy text that is made when it is said, such as a date."""
    later: Callable[[], str] = functional.lazy(words, str)
    return later()


def known_language(code: str) -> str:
    """The code, if the site speaks it; else nothing."""
    return code if code in dict(settings.LANGUAGES) else ""


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """What is written inside is in this language; with none, in the site's own."""
    with translation.override(known_language(language) or settings.LANGUAGE_CODE):
        yield
