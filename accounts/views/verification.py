"""Proving an address: the page of a mailed link, and asking for another one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.errors import InvalidLink
from accounts.models import User
from accounts.services.verification import ask_for_verification, check_verification_link, verify_address
from accounts.views.mailed_links import ask_page
from accounts.wanted import forget_wanted, remembered_wanted, with_next
from nexusvpn.ratelimit import LINK_USE, enforce


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """Seen by GET, done by POST: what looks through people's mail for bad links would otherwise use it up."""
    try:
        if request.method == "POST":
            enforce(request, LINK_USE)
            signed_in_here = getattr(request.session, "row_id", None) if request.user.is_authenticated else None
            verify_address(token=token, keep=signed_in_here)
            messages.success(request, _("Your e-mail address is confirmed."))
            return _go_on(request)
        check_verification_link(token)
    except InvalidLink as error:
        context = {"error": error, "again": "verify-resend"}
        return render(request, "accounts/link_over.html", context, status=400)
    return render(request, "accounts/verify_email.html")


def _go_on(request: HttpRequest) -> HttpResponse:
    """To what they wanted when they signed up in this browser, or else to the first steps, which know whether they were made."""
    wanted = remembered_wanted(request)
    target = wanted or reverse("welcome")
    address = target if request.user.is_authenticated else with_next("login", target)
    response = HttpResponseRedirect(address)
    if wanted:
        forget_wanted(response)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resend(request: HttpRequest) -> HttpResponse:
    known = request.user.email if isinstance(request.user, User) else ""
    return ask_page(
        request,
        ask_for_verification,
        "accounts/verify_resend.html",
        sent="accounts/verify_resend_sent.html",
        known=known,
    )
