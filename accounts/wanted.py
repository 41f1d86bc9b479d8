"""Where somebody wanted to go before they had to sign in or up: `next`, remembered through the mail that confirms their address."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from nexusvpn.forms_only import page_to_open
from nexusvpn.http import target_of_ours

COOKIE = "__Host-next" if settings.SESSION_COOKIE_SECURE else "next"
LIFETIME_S = 24 * 3600
_SALT = "accounts.next"
_LONGEST = 500


def wanted_page(request: HttpRequest) -> str:
    """A page of ours that can be opened, or nothing."""
    return page_to_open(target_of_ours(request, request.POST.get("next") or request.GET.get("next") or ""))


def with_next(name: str, target: str) -> str:
    """The address of that name, which goes on to `target` if there is one."""
    return reverse(name) + (f"?{urlencode({'next': target})}" if target else "")


def remember_wanted(response: HttpResponse, target: str) -> None:
    """For as long as the mailed link lives: it says nothing of where its reader came from."""
    if not target or len(target) > _LONGEST:
        return
    response.set_signed_cookie(
        COOKIE,
        target,
        salt=_SALT,
        max_age=LIFETIME_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def remembered_wanted(request: HttpRequest) -> str:
    return target_of_ours(request, request.get_signed_cookie(COOKIE, "", salt=_SALT, max_age=LIFETIME_S) or "")


def forget_wanted(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
