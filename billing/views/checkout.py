"""Buying: off to Stripe's page, and back from it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.people import signed_in
from billing.errors import AlreadyPaid, AlreadySubscribed
from billing.gateway.errors import PaymentsUnavailable
from billing.models import CheckoutSession
from billing.services.checkout import look_up_checkout, open_checkout
from billing.services.overview import plan_state
from billing.views.plans import render_plans
from billing.views.stripe_pages import leads_to_stripe, refused, to_stripe
from nexusvpn.errors import DomainError, NotFound, RateLimited
from nexusvpn.ratelimit import CHECKOUT, CHECKOUT_LOOK, enforce

CHOSEN = ("plan", "interval", "currency")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@leads_to_stripe
def checkout(request: HttpRequest) -> HttpResponse:
    """Whoever comes by GET has reloaded, or signed in anew on the way: they choose again."""
    if request.method != "POST":
        return redirect("billing-plans")
    user = signed_in(request)
    chosen = {name: request.POST.get(name, "") for name in CHOSEN}
    try:
        enforce(request, CHECKOUT, f"user:{user.pk}")
        opened = open_checkout(
            user=user, plan=chosen["plan"], interval=chosen["interval"], currency=chosen["currency"] or None
        )
    except RateLimited:
        raise
    except AlreadySubscribed:
        # A second purchase is a change of the first.
        return redirect(f"{reverse('billing-change')}?{urlencode(chosen)}")
    except AlreadyPaid as error:
        messages.info(request, error.message)
        return redirect("billing")
    except DomainError as error:
        return render_plans(request, chosen, error)
    return to_stripe(opened.url)


@never_cache
@login_required
@require_safe
def success(request: HttpRequest) -> HttpResponse:
    """Where Stripe sends people who have paid. The plan is theirs when our own tables say so, whatever this address claims."""
    user, session_id = signed_in(request), request.GET.get("session_id", "")
    error: DomainError | None = None
    try:
        enforce(request, CHECKOUT_LOOK, f"user:{user.pk}")
        bought = look_up_checkout(user=user, session_id=session_id)
    except RateLimited as limited:
        # The page looks by itself, often. What is over is known here; of what was open Stripe alone knows.
        bought = _as_known(user, session_id)
        error = limited if bought.state == CheckoutSession.State.OPEN else None
    except PaymentsUnavailable as unavailable:
        # The payment may be known all the same: a webhook comes by a way of its own.
        bought, error = _as_known(user, session_id), unavailable
    plan = plan_state(user)
    is_done = plan.gives(bought.price.plan)
    context = {"checkout": bought, "plan": plan, "error": None if is_done else error, "done": is_done}
    response = render(request, "billing/success.html", context)
    return response if error is None or is_done else refused(response, error)


def _as_known(user: User, session_id: str) -> CheckoutSession:
    found = CheckoutSession.objects.filter(user=user, stripe_id=session_id).select_related("price__plan").first()
    if found is None:
        raise NotFound
    return found


@never_cache
@login_required
@require_safe
def cancelled(request: HttpRequest) -> HttpResponse:
    """Where Stripe sends people who went back without paying."""
    return render(request, "billing/cancelled.html", {"plan": plan_state(signed_in(request))})
