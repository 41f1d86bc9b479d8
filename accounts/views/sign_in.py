"""Signing in and out in a browser."""

from __future__ import annotations

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import AccountLeaving
from accounts.forms import LoginForm
from accounts.models import Session
from accounts.services.sign_in import check_credentials
from nexusvpn.errors import DomainError, RateLimited


def _wanted(request: HttpRequest) -> str:
    """Where the person wanted to go: a page of ours, or nothing."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else ""


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    target = _wanted(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(target or reverse("dashboard"))
    form = LoginForm(request.POST if request.method == "POST" else None)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        try:
            user = check_credentials(request, kind=Session.Kind.BROWSER, **form.cleaned_data)
        except RateLimited:
            raise
        except AccountLeaving as error:
            messages.info(request, error.message)
            return redirect("account-restore")
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            auth.login(request, user)
            return HttpResponseRedirect(target or reverse("dashboard"))
    return render(request, "accounts/login.html", {"form": form, "next": target}, status=status)


@never_cache
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("landing")
