"""Another plan or interval: what it costs and when it holds, before anything happens; then confirmed."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.people import signed_in
from billing.entitlements import entitlement_for
from billing.errors import NotSubscribed, PreviewTooOld
from billing.forms import ChangeForm
from billing.models import Interval
from billing.periods import midnight, months_later
from billing.services.changes import Change, confirm_change, drop_change, preview_change
from billing.services.overview import PlanState, plan_state
from billing.standing import Reason
from billing.views.overview import render_billing
from billing.views.plans import render_plans
from billing.views.stripe_pages import leads_to_stripe, refused
from nexusvpn.errors import DomainError, RateLimited
from nexusvpn.forms_only import forms_only
from nexusvpn.ratelimit import CHECKOUT, SUBSCRIPTION, enforce

MONTHS = {Interval.MONTH: 1, Interval.YEAR: 12}


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@leads_to_stripe
def change(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = ChangeForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return redirect("billing-plans")
    plan, interval = form.cleaned_data["plan"], form.cleaned_data["interval"]
    try:
        enforce(request, CHECKOUT, f"user:{user.pk}")
        if request.method != "POST":
            return _preview(request, user, plan, interval)
        done = confirm_change(
            user=user, plan=plan, interval=interval, proration_date=form.cleaned_data["proration_date"]
        )
    except RateLimited:
        raise
    except NotSubscribed:
        return redirect(f"{reverse('billing-plans')}?{urlencode({'plan': plan, 'interval': interval})}")
    except PreviewTooOld as error:
        return _again(request, user, form, error)
    except DomainError as error:
        return render_plans(request, {"plan": plan, "interval": interval}, error)
    messages.success(request, _said(done))
    return redirect("billing")


def _preview(
    request: HttpRequest, user: User, plan: str, interval: str, error: DomainError | None = None
) -> HttpResponse:
    found, present = preview_change(user=user, plan=plan, interval=interval), plan_state(user)
    context = {
        "change": found,
        "plan": present,
        "entitlement": entitlement_for(user),
        "later": found.later,
        "effects": found.effects,
        "total_minor": sum(line.amount_minor for line in found.lines),
        "next_at": _next_payment(found, present),
        "error": error,
    }
    response = render(request, "billing/change.html", context)
    return refused(response, error) if error else response


def _again(request: HttpRequest, user: User, form: ChangeForm, error: PreviewTooOld) -> HttpResponse:
    """The price as it is now, to be confirmed anew."""
    chosen = {name: form.cleaned_data[name] for name in ("plan", "interval")}
    try:
        return _preview(request, user, **chosen, error=error)
    except DomainError as later:
        return render_plans(request, chosen, later)


def _next_payment(found: Change, present: PlanState) -> datetime | None:
    """When the new price is asked for the first time as a whole; another interval begins a new period at once."""
    if found.kind == "at_period_end":
        return found.effective_at
    if present.subscription is None or present.price is None:
        return None
    if present.price.interval == found.price.interval or present.situation == Reason.TRIAL:
        return present.subscription.current_period_end
    return midnight(months_later(found.effective_at.date(), MONTHS[Interval(found.price.interval)]))


def _said(done: Change) -> str:
    name = done.price.plan.name
    if done.kind == "now":
        text = _("You have %(plan)s. Its invoice is below as soon as the payment is confirmed to us.")
    else:
        text = _("%(plan)s begins on %(day)s. Until then everything stays as it is.")
    return text % {"plan": name, "day": date_format(done.effective_at, "DATE_FORMAT")}


@never_cache
@login_required
@forms_only
@leads_to_stripe
def change_drop(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    enforce(request, SUBSCRIPTION, f"user:{user.pk}")
    try:
        drop_change(user=user)
    except DomainError as error:
        return render_billing(request, error=error)
    messages.success(request, _("Your present plan goes on; the change is taken back."))
    return redirect("billing")
