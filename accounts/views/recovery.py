"""A forgotten password, in a browser."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.errors import InvalidLink
from accounts.forms_credentials import ResetForm
from accounts.services.recovery import ask_for_reset, check_reset_link, reset_password
from accounts.views.mailed_links import ask_page
from nexusvpn.errors import DomainError
from nexusvpn.ratelimit import LINK_USE, enforce


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    return ask_page(request, ask_for_reset, "accounts/password_forgot.html", sent="accounts/password_forgot_sent.html")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, token: str) -> HttpResponse:
    form, status = ResetForm(request.POST if request.method == "POST" else None), 200
    try:
        if form.is_bound:
            enforce(request, LINK_USE)
        person = check_reset_link(token)
        if form.is_bound:
            status = 400
        if form.is_valid():
            reset_password(token=token, password=form.cleaned_data["password"])
            messages.success(request, _("Your new password is set. Sign in with it."))
            return redirect("login")
    except InvalidLink as error:
        return render(request, "accounts/link_over.html", {"error": error, "again": "password-forgot"}, status=400)
    except DomainError as error:
        if not error.fields:
            raise
        status = form.add_domain_error(error)
    return render(request, "accounts/password_reset.html", {"form": form, "email": person.email}, status=status)
