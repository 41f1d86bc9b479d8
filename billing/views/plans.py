"""Choosing a plan, how often to pay, and the currency."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.people import signed_in
from accounts.services.verification import needs_verification
from billing.entitlements import entitlement_for
from billing.gateway.client import sells
from billing.models import StripeCustomer
from billing.price_list import price_list
from billing.services.overview import plan_besides, plan_state
from billing.views.stripe_pages import leads_to_stripe, refused
from nexusvpn.errors import DomainError


@never_cache
@login_required
@require_safe
@leads_to_stripe
def plans(request: HttpRequest) -> HttpResponse:
    if not sells():
        return redirect("billing")
    return render_plans(request, request.GET)


def render_plans(request: HttpRequest, wanted: Mapping[str, str], error: DomainError | None = None) -> HttpResponse:
    """The page with what is `wanted` chosen on it, and with what was just refused at its top."""
    user = signed_in(request)
    plan = plan_state(user)
    context = {
        "list": price_list(wanted, currency=_fixed_currency(user)),
        "plan": plan,
        "entitlement": entitlement_for(user),
        "later": plan_besides(user, plan.would_end_at),
        "unverified": needs_verification(user),
        "error": error,
    }
    response = render(request, "billing/plans.html", context)
    return refused(response, error) if error else response


def _fixed_currency(user: User) -> str:
    """What somebody pays in who has bought before: Stripe lets nobody change it."""
    known = StripeCustomer.objects.filter(user=user, deleted_at=None).values_list("currency", flat=True).first()
    return known or ""
