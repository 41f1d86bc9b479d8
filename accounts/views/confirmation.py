"""Asking somebody who is signed in who they are, before a page that changes what guards the account."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms_security import ConfirmForm
from accounts.models import Session
from accounts.people import signed_in
from accounts.services.browser_sign_in import confirm, is_confirmed
from accounts.services.passkeys import Purpose, check_passkey, options_for_known
from accounts.services.reauthentication import check_person
from accounts.services.second_factor import methods_of
from accounts.views.proof import ways_to_prove
from accounts.wanted import wanted_page
from nexusvpn.errors import DomainError
from nexusvpn.forms_only import forms_only
from nexusvpn.http import with_retry_after

View = Callable[..., HttpResponse]


def confirmed(view: View) -> View:
    """For people who have signed in, or were asked again, within ten minutes; others are asked first and then come back."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_confirmed(request):
            return view(request, *args, **kwargs)
        return HttpResponseRedirect(f"{reverse('security-confirm')}?{urlencode({'next': request.path})}")

    return guarded


@sensitive_post_parameters("password", "code")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    user, target = signed_in(request), wanted_page(request) or reverse("settings-security")
    methods = methods_of(user)
    form = ConfirmForm(request.POST if request.method == "POST" else None, methods=methods)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        values = {"code": "", **form.cleaned_data}
        try:
            with_factor = check_person(request, user=user, kind=Session.Kind.BROWSER, **values)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            confirm(request, with_factor=with_factor)
            return HttpResponseRedirect(target)
    context = {"form": form, "next": target, **ways_to_prove(request, methods)}
    return with_retry_after(render(request, "accounts/settings/confirm.html", context, status=status), form.retry_after)


@never_cache
@login_required
@forms_only
def passkey_options(request: HttpRequest) -> HttpResponse:
    return JsonResponse(options_for_known(request, Purpose.CONFIRM, signed_in(request)))


@never_cache
@login_required
@forms_only
def passkey(request: HttpRequest) -> HttpResponse:
    """A passkey whose device has checked who holds it stands for password and factor."""
    target = wanted_page(request) or reverse("settings-security")
    try:
        check_passkey(request, Purpose.CONFIRM, answer=request.POST.get("answer", ""), user=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(f"{reverse('security-confirm')}?{urlencode({'next': target})}")
    confirm(request, with_factor=True)
    return HttpResponseRedirect(target)
