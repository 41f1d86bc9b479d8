"""What a browser brings along until somebody signs up in it: whose link was followed, and by which campaigns it came.

Both are cookies of our own: signed, out of reach of scripts, with nothing in them but the code or the campaigns' names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_PREFIX = "__Host-" if settings.SESSION_COOKIE_SECURE else ""
REFERRAL_COOKIE = f"{_PREFIX}referral"
REFERRAL_DAYS = 30
CAMPAIGN_COOKIE = f"{_PREFIX}campaign"
# No campaign's name holds it.
_BETWEEN = "."
# A browser that came by more campaigns than this within the cookie's days is counted again by the first of them.
_CAMPAIGNS = 10
_DAY_S = 24 * 3600


def remember_referral(response: HttpResponseBase, code: str) -> None:
    _leave(response, REFERRAL_COOKIE, code, "accounts.referral", REFERRAL_DAYS)


def remembered_referral(request: HttpRequest) -> str:
    return _left(request, REFERRAL_COOKIE, "accounts.referral", REFERRAL_DAYS)


def forget_referral(response: HttpResponseBase) -> None:
    response.delete_cookie(REFERRAL_COOKIE, samesite="Lax")


def remember_campaigns(response: HttpResponseBase, slugs: Sequence[str]) -> None:
    """The latest one first: it is the one that a sign-up is counted for."""
    text = _BETWEEN.join(slugs[:_CAMPAIGNS])
    _leave(response, CAMPAIGN_COOKIE, text, "accounts.campaign", settings.CAMPAIGN_COOKIE_DAYS)


def remembered_campaigns(request: HttpRequest) -> list[str]:
    text = _left(request, CAMPAIGN_COOKIE, "accounts.campaign", settings.CAMPAIGN_COOKIE_DAYS)
    return text.split(_BETWEEN) if text else []


def _leave(response: HttpResponseBase, name: str, value: str, salt: str, days: int) -> None:
    response.set_signed_cookie(
        name,
        value,
        salt=salt,
        max_age=days * _DAY_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _left(request: HttpRequest, name: str, salt: str, days: int) -> str:
    return request.get_signed_cookie(name, "", salt=salt, max_age=days * _DAY_S) or ""


_promises: list[Callable[[], str]] = []


def register_promise(tell: Callable[[], str]) -> None:
    """An app says in one sentence what somebody gets who signs up with a referral code; empty for nothing."""
    _promises.append(tell)


def promise() -> str:
    return " ".join(filter(None, (tell() for tell in _promises)))
