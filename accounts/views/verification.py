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
from accounts.forms_credentials import AddressForm
from accounts.models import User
from accounts.services.verification import ask_for_verification, check_verification_link, verify_address
from accounts.wanted import forget_wanted, remembered_wanted, with_next
from nexusvpn.errors import RateLimited
from nexusvpn.http import with_retry_after
from nexusvpn.ratelimit import LINK_USE, MAILED_LINK, enforce


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
    form = AddressForm(request.POST if request.method == "POST" else None, initial={"email": known})
    status = 400 if form.is_bound else 200
    try:
        if form.is_bound:
            enforce(request, MAILED_LINK)
        if form.is_valid():
            ask_for_verification(email=form.cleaned_data["email"])
            return render(request, "accounts/verify_resend_sent.html")
    except RateLimited as error:
        status = form.add_domain_error(error)
    response = render(request, "accounts/verify_resend.html", {"form": form}, status=status)
    return with_retry_after(response, form.retry_after)
