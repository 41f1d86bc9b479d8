"""Making an account in a browser, with or without the link of somebody who has one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.arrivals import forget_referral, promise, remember_referral, remembered_campaigns, remembered_referral
from accounts.challenges import check_challenge, sign_up_challenge
from accounts.forms import SignupForm
from accounts.models import User
from accounts.services.abuse import network_of
from accounts.services.browser_sign_in import enter
from accounts.services.referrers import find_referrer
from accounts.services.registration import register_account
from accounts.services.registration_policy import Mode, sign_up_mode
from accounts.wanted import remember_wanted, wanted_page, with_next
from nexusvpn.errors import DomainError
from nexusvpn.http import client_address, with_retry_after
from nexusvpn.ratelimit import REGISTER, enforce


@never_cache
@require_safe
def referral_link(request: HttpRequest, code: str) -> HttpResponse:
    """Remember whose link was followed. A code that nobody has is forgotten without a word, and so is one's own."""
    response = redirect("signup")
    referrer = find_referrer(code)
    if referrer is not None and referrer.pk != request.user.pk:
        remember_referral(response, referrer.referral_code)
    return response


def _page(request: HttpRequest, form: SignupForm, status: int = 200) -> HttpResponse:
    mode = sign_up_mode()
    if mode == Mode.INVITED:
        form.ask_for_invitation()
    challenge = sign_up_challenge()
    context = {
        "form": form,
        "closed": mode == Mode.CLOSED,
        "challenge": challenge.issue() if challenge is not None else None,
        **_invitation(form),
        "next": wanted_page(request),
    }
    return with_retry_after(render(request, "accounts/signup.html", context, status=status), form.retry_after)


def _invitation(form: SignupForm) -> dict[str, Any]:
    """Whether somebody has the code in the form, and what the two get."""
    is_invited = find_referrer(form["referral_code"].value() or "") is not None
    return {"is_invited": is_invited, "promise": promise() if is_invited else ""}


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(wanted_page(request) or reverse("dashboard"))
    if request.method != "POST":
        referrer = find_referrer(remembered_referral(request))
        known = {
            "referral_code": referrer.referral_code if referrer is not None else "",
            "invitation_code": request.GET.get("invitation", ""),
        }
        return _page(request, SignupForm(initial=known))
    form, status = SignupForm(request.POST), 400
    try:
        enforce(request, REGISTER)
        user = _register(request, **form.cleaned_data) if form.is_valid() else None
    except DomainError as error:
        status = form.add_domain_error(error)
    else:
        if user is not None:
            return _registered(request, user)
    return _page(request, form, status)


def _register(request: HttpRequest, *, challenge_answer: str, **values: str) -> User:
    check_challenge(challenge_answer)
    campaign = next(iter(remembered_campaigns(request)), "")
    return register_account(**values, campaign=campaign, network=network_of(client_address(request)))


def _registered(request: HttpRequest, user: User) -> HttpResponse:
    target = wanted_page(request)
    if settings.EMAIL_VERIFICATION:
        response = HttpResponseRedirect(with_next("signup-sent", target))
        remember_wanted(response, target)
    else:
        enter(request, user)
        response = HttpResponseRedirect(target or reverse("welcome"))
    forget_referral(response)
    return response


@never_cache
@require_safe
def signup_sent(request: HttpRequest) -> HttpResponse:
    """The same for everybody: whether the address had an account, only its mailbox is told."""
    return render(request, "accounts/signup_sent.html", {"next": wanted_page(request)})
