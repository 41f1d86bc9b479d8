"""Stripe's own pages about a customer: their card, their invoices."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from accounts.people import signed_in
from billing.services.portal import Flow, open_portal
from billing.views.overview import render_billing
from billing.views.stripe_pages import leads_to_stripe, to_stripe
from nexusvpn.errors import DomainError, RateLimited
from nexusvpn.forms_only import forms_only
from nexusvpn.ratelimit import CHECKOUT, enforce


@never_cache
@login_required
@forms_only
@leads_to_stripe
def portal(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    flow: Flow = "payment_method" if request.POST.get("flow") == "payment_method" else ""
    try:
        enforce(request, CHECKOUT, f"user:{user.pk}")
        return to_stripe(open_portal(user=user, flow=flow))
    except RateLimited:
        raise
    except DomainError as error:
        return render_billing(request, error=error)
