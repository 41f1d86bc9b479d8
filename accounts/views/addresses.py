"""Changing one's e-mail address, and the pages of the links that both mailboxes get."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import InvalidLink
from accounts.forms_credentials import AddressChangeForm
from accounts.models import Session
from accounts.people import signed_in
from accounts.services.addresses import (
    AddressTaken,
    ask_for_change,
    cancel_change,
    confirm_change,
    find_change,
    pending_change,
)
from accounts.services.reauthentication import check_own_password
from nexusvpn.errors import DomainError, RateLimited
from nexusvpn.ratelimit import LINK_USE, enforce


@sensitive_post_parameters("password")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def address_change(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = AddressChangeForm(request.POST if request.method == "POST" else None)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        try:
            check_own_password(request, user=user, password=form.cleaned_data["password"], kind=Session.Kind.BROWSER)
            ask_for_change(user=user, email=form.cleaned_data["email"])
        except RateLimited:
            raise
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            return redirect("email-change")
    context = {"form": form, "pending": pending_change(user)}
    return render(request, "accounts/settings/email.html", context, status=status)


@never_cache
@login_required
@require_POST
def address_change_cancel(request: HttpRequest) -> HttpResponse:
    cancel_change(user=signed_in(request))
    messages.success(request, "The change is cancelled; your address stays as it is.")
    return redirect("email-change")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def address_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Seen by GET, done by POST. Whoever reads either mailbox can also stop the change here."""
    try:
        found = find_change(token)
        if request.method != "POST":
            context = {"old": found.user.email, "new": found.email}
            return render(request, "accounts/email_confirm.html", context)
        enforce(request, LINK_USE)
        if "stop" in request.POST:
            cancel_change(user=found.user)
            return render(request, "accounts/email_confirmed.html", {"stopped": True})
        changed = confirm_change(token=token)
    except InvalidLink as error:
        return render(request, "accounts/link_over.html", {"error": error, "again": "email-change"}, status=400)
    except AddressTaken as error:
        return render(request, "accounts/link_over.html", {"error": error, "again": "email-change"}, status=409)
    return render(request, "accounts/email_confirmed.html", {"changed": changed, "new": found.email})
