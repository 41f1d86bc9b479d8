"""Signing in and out in a browser: the password first, then a second factor from those who have one; or a passkey alone."""

from __future__ import annotations

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.errors import AccountLeaving, InvalidPasskey
from accounts.forms import LoginForm
from accounts.models import LoginHistory, Passkey, Session
from accounts.services.browser_sign_in import check_active, enter, enter_with_factor
from accounts.services.passkeys import Purpose, check_passkey, options_for_known, site_of
from accounts.services.sign_in import check_credentials, record
from accounts.wanted import wanted_page, with_next
from nexusvpn.errors import DomainError
from nexusvpn.forms_only import forms_only
from nexusvpn.http import with_retry_after
from nexusvpn.ratelimit import LOGIN_ADDRESS, enforce


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    target = wanted_page(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(target or reverse("dashboard"))
    form = LoginForm(request.POST if request.method == "POST" else None)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        try:
            user = check_credentials(request, kind=Session.Kind.BROWSER, **form.cleaned_data)
            is_done = enter(request, user, target=target)
        except AccountLeaving as error:
            messages.info(request, error.message)
            return redirect("account-restore")
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            if not is_done:
                return redirect("login-code")
            return HttpResponseRedirect(target or reverse("dashboard"))
    context = {"form": form, "next": target, "passkeys": site_of(request) is not None}
    return with_retry_after(render(request, "accounts/login.html", context, status=status), form.retry_after)


@never_cache
@forms_only
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to ask for any passkey of this site."""
    return JsonResponse(options_for_known(request, Purpose.SIGN_IN))


@never_cache
@forms_only
def passkey(request: HttpRequest) -> HttpResponse:
    """Sign in with nothing but a passkey."""
    target = wanted_page(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(target or reverse("dashboard"))
    enforce(request, LOGIN_ADDRESS)
    try:
        shown = _shown_passkey(request)
        check_active(request, shown.user)
        enter_with_factor(request, shown.user)
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(with_next("login", target))
    return HttpResponseRedirect(target or reverse("dashboard"))


def _shown_passkey(request: HttpRequest) -> Passkey:
    try:
        return check_passkey(request, Purpose.SIGN_IN, answer=request.POST.get("answer", ""))
    except InvalidPasskey:
        record(request, None, LoginHistory.Outcome.FAILED, Session.Kind.BROWSER)
        raise


@never_cache
@forms_only
def logout(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("landing")
