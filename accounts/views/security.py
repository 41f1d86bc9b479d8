"""What guards the account: the password, the authenticator, passkeys, recovery codes. Changing any of it asks who one is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms_security import NewAuthenticatorForm, PasskeyNameForm
from accounts.models import Passkey, RecoveryCode, TotpSeed, User
from accounts.people import signed_in
from accounts.services import totp
from accounts.services.passkeys import add_passkey, options_for_new, remove_passkey, rename_passkey, site_of
from accounts.services.second_factor import (
    Method,
    begin_totp,
    disable_totp,
    enable_totp,
    methods_of,
    renew_recovery_codes,
)
from accounts.views.confirmation import confirmed
from nexusvpn.errors import DomainError
from nexusvpn.forms_only import forms_only


@never_cache
@login_required
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    codes = RecoveryCode.objects.filter(user=user)
    newest = codes.order_by("-created_at").first()
    context = {
        "totp": TotpSeed.objects.filter(user=user, confirmed_at__isnull=False).first(),
        "passkeys": list(Passkey.objects.filter(user=user)),
        "passkeys_offered": site_of(request) is not None,
        "has_factor": user.has_second_factor(),
        "codes_left": codes.filter(used_at=None).count(),
        "codes_since": newest.created_at if newest else None,
    }
    return render(request, "accounts/settings/security.html", context)


def _codes_page(request: HttpRequest, codes: list[str], done: str) -> HttpResponse:
    """Recovery codes are shown in the answer to the request that made them, and never again."""
    return render(request, "accounts/settings/recovery_codes_shown.html", {"codes": codes, "done": done})


@never_cache
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def authenticator(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: begin, scan, confirm by a code."""
    user = signed_in(request)
    if request.method != "POST":
        return _authenticator_page(request, user, NewAuthenticatorForm())
    if "begin" in request.POST:
        try:
            begin_totp(user=user)
        except DomainError as error:
            messages.error(request, error.message)
            return redirect("settings-security")
        return redirect("security-authenticator")
    form, status = NewAuthenticatorForm(request.POST), 400
    if form.is_valid():
        try:
            codes = enable_totp(user=user, code=form.cleaned_data["code"])
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            request.session.note_second_factor()  # type: ignore[attr-defined]
            return _codes_page(request, codes, _("Your authenticator app is set up."))
    return _authenticator_page(request, user, form, status)


def _authenticator_page(
    request: HttpRequest, user: User, form: NewAuthenticatorForm, status: int = 200
) -> HttpResponse:
    begun = totp.begun_setup(user)
    setup = totp.setup_of(begun, user) if begun else None
    context: dict[str, Any] = {"form": form, "setup": setup}
    if setup:
        context["secret"] = " ".join(setup.secret[start : start + 4] for start in range(0, len(setup.secret), 4))
    return render(request, "accounts/settings/authenticator.html", context, status=status)


@never_cache
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def authenticator_remove(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "accounts/settings/authenticator_remove.html")
    try:
        disable_totp(user=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The authenticator app is removed."))
    return redirect("settings-security")


@never_cache
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        has_codes = Method.RECOVERY_CODE in methods_of(signed_in(request))
        return render(request, "accounts/settings/recovery_codes.html", {"has_codes": has_codes})
    try:
        codes = renew_recovery_codes(user=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("settings-security")
    return _codes_page(request, codes, _("Your new recovery codes are made."))


@never_cache
@confirmed
@forms_only
def passkey_options(request: HttpRequest) -> HttpResponse:
    return JsonResponse(options_for_new(request, signed_in(request)))


@never_cache
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_new(request: HttpRequest) -> HttpResponse:
    form = PasskeyNameForm(request.POST if request.method == "POST" else None)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        answer = request.POST.get("answer", "")
        try:
            passkey, codes = add_passkey(request, user=signed_in(request), answer=answer, **form.cleaned_data)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            request.session.note_second_factor()  # type: ignore[attr-defined]
            done = _("The passkey “%(name)s” is added.") % {"name": passkey.name}
            if codes:
                return _codes_page(request, codes, done)
            messages.success(request, done)
            return redirect("settings-security")
    context = {"form": form, "offered": site_of(request) is not None}
    return render(request, "accounts/settings/passkey_new.html", context, status=status)


def _own_passkey(user: User, pk: UUID) -> Passkey:
    found = Passkey.objects.filter(user=user, pk=pk).first()
    if found is None:
        raise Http404
    return found


@never_cache
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One passkey: its name, and the way to remove it."""
    user = signed_in(request)
    found = _own_passkey(user, pk)
    form = PasskeyNameForm(request.POST if request.method == "POST" else None, initial={"name": found.name})
    status = 400 if form.is_bound else 200
    if form.is_valid():
        try:
            rename_passkey(user=user, passkey_id=pk, **form.cleaned_data)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            messages.success(request, _("The name is saved."))
            return redirect("settings-security")
    return render(request, "accounts/settings/passkey.html", {"form": form, "passkey": found}, status=status)


@never_cache
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    found = _own_passkey(user, pk)
    if request.method != "POST":
        return render(request, "accounts/settings/passkey_remove.html", {"passkey": found})
    try:
        remove_passkey(user=user, passkey_id=pk)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The passkey is removed. Remove it from your device or password manager too."))
    return redirect("settings-security")
