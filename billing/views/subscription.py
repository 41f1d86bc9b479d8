"""Ending a subscription, pausing it, and taking either back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.people import signed_in
from billing.entitlements import entitlement_for
from billing.forms import PauseForm
from billing.plan_effects import effects_of
from billing.services import subscriptions
from billing.services.overview import plan_besides, plan_state
from billing.views.overview import render_billing
from billing.views.stripe_pages import leads_to_stripe, refused
from nexusvpn.errors import DomainError, InvalidInput
from nexusvpn.forms_only import forms_only
from nexusvpn.ratelimit import SUBSCRIPTION, enforce

_ENDS = gettext_lazy("Your subscription is set to end, and nothing more is charged.")
_ENDED = gettext_lazy("Your subscription has ended. The open invoice is void, and nothing more is charged.")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    plan = plan_state(user)
    if not plan.may_be_ended:
        return redirect("billing")
    context: dict[str, Any] = {"plan": plan}
    if request.method == "POST":
        enforce(request, SUBSCRIPTION, f"user:{user.pk}")
        try:
            ended = subscriptions.cancel(user)
        except DomainError as error:
            context["error"] = error
        else:
            messages.success(request, _ENDS if ended.is_live else _ENDED)
            return redirect("billing")
    later = plan_besides(user, plan.would_end_at)
    context |= {"later": later, "entitlement": entitlement_for(user), "effects": effects_of(user, later)}
    response = render(request, "billing/cancel.html", context)
    return refused(response, context["error"]) if "error" in context else response


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pause(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    plan = plan_state(user)
    if not plan.is_live or plan.subscription is None or plan.subscription.pause_behavior:
        return redirect("billing")
    form = PauseForm(request.POST if request.method == "POST" else None)
    error = None
    if form.is_valid():
        enforce(request, SUBSCRIPTION, f"user:{user.pk}")
        day = form.cleaned_data["until"]
        until = timezone.make_aware(datetime.combine(day, time.min)) if day else None
        try:
            subscriptions.pause(user, until=until)
        except InvalidInput as refusal:
            form.add_domain_error(refusal)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Your payments are paused."))
            return redirect("billing")
    later = plan_besides(user, plan.paid_until)
    context = {"plan": plan, "later": later, "entitlement": entitlement_for(user), "form": form, "error": error}
    response = render(request, "billing/pause.html", context)
    if error is not None:
        return refused(response, error)
    response.status_code = 400 if form.is_bound else 200
    return response


@never_cache
@login_required
@forms_only
@leads_to_stripe
def resume(request: HttpRequest) -> HttpResponse:
    return _taken_back(request, subscriptions.resume, _("Your subscription goes on."))


@never_cache
@login_required
@forms_only
@leads_to_stripe
def unpause(request: HttpRequest) -> HttpResponse:
    return _taken_back(request, subscriptions.unpause, _("Your payments go on."))


def _taken_back(request: HttpRequest, service: Callable[..., Any], said: str) -> HttpResponse:
    user = signed_in(request)
    enforce(request, SUBSCRIPTION, f"user:{user.pk}")
    try:
        service(user)
    except DomainError as error:
        return render_billing(request, error=error)
    messages.success(request, said)
    return redirect("billing")
