"""How a page looks to one browser: the scheme that it chose, and the texts that its scripts say."""

from __future__ import annotations

from enum import StrEnum

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


THEMES = {theme.value: theme for theme in Theme}


def theme_of(request: HttpRequest) -> Theme:
    chosen = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
    return THEMES.get(chosen, Theme.SYSTEM)


def color_scheme(request: HttpRequest) -> str:
    """For `<meta name="color-scheme">`, which decides what `light-dark()` means on the page."""
    theme = theme_of(request)
    return "light dark" if theme is Theme.SYSTEM else theme.value


def remember_choice(response: HttpResponseBase, name: str, value: str) -> None:
    """Leave a language or a scheme with the browser that has chosen it."""
    response.set_cookie(
        name,
        value,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path="/",
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def script_texts() -> str:
    """What page scripts say, as JSON; `{n}` and other names in braces are filled in by them (`words.js`)."""
    return orjson.dumps(
        {
            "justNow": _("just now"),
            "secondsAgo": _("{n} s ago"),
            "minutesAgo": _("{n} min ago"),
            "hoursAgo": _("{n} h ago"),
        }
    ).decode()
