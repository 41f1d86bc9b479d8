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
            "copied": _("Copied"),
            "pressCtrlC": _("Press Ctrl+C"),
            "beingSent": _("This is being sent. If nothing comes of it, you can send it again in a few seconds."),
            "newMessage": _("New message: {text}"),
            "noAnswer": _("We got no answer. Try again."),
            "outOfDate": _("This page is out of date. Reload it and try again."),
            "outOfDateSignIn": _("This page is out of date. Reload it, sign in if asked, and try again."),
            "tooMany": _("Too many attempts. Try again in a minute."),
            "tooManyFor": _("Too many attempts. Try again in {n} seconds."),
            **_of_devices(),
            **_of_passkeys(),
        }
    ).decode()


def _of_devices() -> dict[str, str]:
    return {
        "addEarlierTry": _(
            "An earlier try did add a device, with a key that is lost now. Send again to add this one, and remove that one "
            "on the devices page."
        ),
        "addNoAnswer": _(
            "We got no answer, so we do not know whether the device was added. What you entered is kept: try again."
        ),
        "addFault": _("The device was not added because of a fault on our side. Try again in a minute."),
        "rotateEarlierTry": _("This key was used meanwhile. Send again to make another one."),
        "rotateNoAnswer": _(
            "We got no answer, so we do not know whether the key was changed. The new key is kept on this page: try again."
        ),
        "rotateFault": _(
            "A fault on our side: we do not know whether the key was changed. The new key is kept on this page: try again."
        ),
        "qrOfDevice": _("QR code of the configuration of {name}"),
        "profileFailed": _("The profile could not be fetched. Try again; until you leave this page, nothing is lost."),
    }


def _of_passkeys() -> dict[str, str]:
    return {
        "passkeyNotMade": _("No passkey was made. Try again."),
        "passkeyKnown": _("There is a passkey for this account on that device already."),
        "passkeyNotShown": _("No passkey was shown. Try again, or use another way."),
    }
