"""Changing one's e-mail address, and the pages of the links that both mailboxes get."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

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
from accounts.services.email_tokens import Purpose
from accounts.services.reauthentication import check_person
from accounts.services.second_factor import methods_of
from accounts.views.proof import ways_to_prove
from nexusvpn.errors import DomainError
from nexusvpn.forms_only import forms_only
from nexusvpn.http import with_retry_after
from nexusvpn.ratelimit import LINK_USE, enforce


@sensitive_post_parameters("password", "code")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def address_change(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    methods = methods_of(user)
    form = AddressChangeForm(request.POST if request.method == "POST" else None, methods=methods)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        values = {"code": "", **form.cleaned_data}
        proof = {"password": values["password"], "code": values["code"]}
        try:
            check_person(request, user=user, kind=Session.Kind.BROWSER, **proof)
            ask_for_change(user=user, email=values["email"])
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            return redirect("email-change")
    context = {"form": form, "pending": pending_change(user), **ways_to_prove(request, methods)}
    return with_retry_after(render(request, "accounts/settings/email.html", context, status=status), form.retry_after)


@never_cache
@login_required
@forms_only
def address_change_cancel(request: HttpRequest) -> HttpResponse:
    cancel_change(user=signed_in(request))
    messages.success(request, _("The change is cancelled; your address stays as it is."))
    return redirect("email-change")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def address_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Seen by GET, done by POST. Whoever reads either mailbox can also stop the change here."""
    try:
        found = find_change(token)
        if request.method != "POST":
            # Who reads the new mailbox may be a stranger, who has not to know the present address.
            old = found.user.email if found.purpose == Purpose.CHANGE_OLD else ""
            context = {"old": old, "new": found.email}
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
