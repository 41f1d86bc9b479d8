"""After the password: a code of the authenticator, a recovery code, or a passkey.

Staff who were signed in before they had a factor, or without showing it, come here too when they open the admin.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.errors import AnotherSignIn
from accounts.forms_security import CodeForm
from accounts.models import Session, User
from accounts.services.browser_sign_in import check_active, confirm, enter_with_factor, pending_sign_in
from accounts.services.passkeys import Purpose, check_passkey, options_for_known
from accounts.services.second_factor import Method, methods_of, prove_by_code
from accounts.views.proof import ways_to_prove
from accounts.wanted import wanted_page
from nexusvpn.errors import DomainError
from nexusvpn.forms_only import forms_only
from nexusvpn.http import with_retry_after


@dataclass(frozen=True, slots=True)
class Step:
    """Who is asked, where they go then, and whether they are signed in already. `number` tells apart sign-ins that were begun here."""

    user: User
    target: str
    number: str
    is_signed_in: bool

    @property
    def address(self) -> str:
        """The page that asks; a sign-in that was begun keeps in its note where it goes."""
        page = reverse("login-code")
        return f"{page}?{urlencode({'next': self.target})}" if self.is_signed_in else page

    def finish(self, request: HttpRequest) -> HttpResponse:
        if self.is_signed_in:
            confirm(request, with_factor=True)
        else:
            enter_with_factor(request, self.user)
        return HttpResponseRedirect(self.target)


def _step(request: HttpRequest) -> Step | None:
    home = reverse("dashboard")
    if isinstance(request.user, User):
        wanted = wanted_page(request) or home
        is_done = request.session.second_factor_at is not None or not methods_of(request.user)  # type: ignore[attr-defined]
        return None if is_done else Step(request.user, wanted, "", is_signed_in=True)
    pending = pending_sign_in(request)
    return Step(pending.user, pending.target or home, pending.number, is_signed_in=False) if pending else None


def _nothing_to_do(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(wanted_page(request) or reverse("dashboard"))
    messages.warning(request, _("That took too long. Sign in again."))
    return redirect("login")


def _refuse_other(step: Step, number: str) -> None:
    if not constant_time_compare(step.number, number):
        raise AnotherSignIn


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    step = _step(request)
    if step is None:
        return _nothing_to_do(request)
    methods = methods_of(step.user)
    form = CodeForm(request.POST if request.method == "POST" else None, methods=methods)
    if not form.is_bound:
        return _page(request, step, form, methods)
    status = 400
    if form.is_valid():
        try:
            _refuse_other(step, form.cleaned_data["number"])
            check_active(request, step.user)
            prove_by_code(request, user=step.user, code=form.cleaned_data["code"], kind=Session.Kind.BROWSER)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            return step.finish(request)
    return _page(request, step, form, methods, status)


def _page(request: HttpRequest, step: Step, form: CodeForm, methods: list[Method], status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "person": step.user,
        "number": step.number,
        "next": step.target if step.is_signed_in else "",
        "only_method": methods[0] if len(methods) == 1 else "",
        # Elsewhere nobody knows of a sign-in that was begun here.
        **ways_to_prove(request, methods, page="" if step.is_signed_in else reverse("login")),
    }
    return with_retry_after(render(request, "accounts/login_code.html", context, status=status), form.retry_after)


@never_cache
@forms_only
def passkey_options(request: HttpRequest) -> HttpResponse:
    step = _step(request)
    if step is None:
        return JsonResponse({"errors": {"__all__": [_("That took too long. Sign in again.")]}}, status=409)
    return JsonResponse(options_for_known(request, Purpose.SECOND_FACTOR, step.user))


@never_cache
@forms_only
def passkey(request: HttpRequest) -> HttpResponse:
    step = _step(request)
    if step is None:
        return _nothing_to_do(request)
    try:
        _refuse_other(step, request.POST.get("number", ""))
        check_active(request, step.user)
        check_passkey(request, Purpose.SECOND_FACTOR, answer=request.POST.get("answer", ""), user=step.user)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(step.address)
    return step.finish(request)
