"""A person's subscription over the API: how it stands, and what they do with it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.people import signed_in
from billing.api.serializers import (
    ChangeForm,
    ChangeView,
    InvoiceItemView,
    NothingForm,
    PauseForm,
    SubscriptionView,
    WantedForm,
)
from billing.entitlements import entitlement_for
from billing.models import PlanPrice, StripeCustomer, Subscription
from billing.services import subscriptions
from billing.services.changes import Change, confirm_change, drop_change, preview_change
from billing.services.customers import customer_of
from billing.services.invoice_views import invoice_page
from billing.services.overview import PlanState, plan_state, state_with
from nexusvpn.api.pagination import page_request
from nexusvpn.api.schema import PAGE_PARAMETERS, paged
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from nexusvpn.ratelimit import CHECKOUT, SUBSCRIPTION, enforce

# Of a subscription that is not there.
NOTHING: dict[str, Any] = {
    "status": None,
    "current_period_end": None,
    "trial_end": None,
    "cancel_at_period_end": False,
    "cancel_at": None,
    "is_paused": False,
    "pause_resumes_at": None,
    "next_change": None,
    "unpaid_since": None,
}


CHANGE_COLUMNS = ("kind", "amount_due_minor", "currency", "effective_at", "next_amount_minor", "proration_date")


def _price(price: PlanPrice | None) -> dict[str, Any] | None:
    if price is None:
        return None
    return {
        "plan": price.plan.code,
        "interval": price.interval,
        "currency": price.currency,
        "amount_minor": price.amount_minor,
    }


def _card(customer: StripeCustomer | None) -> dict[str, Any] | None:
    if customer is None or not customer.card_last4:
        return None
    return {name: getattr(customer, f"card_{name}") for name in ("brand", "last4", "exp_month", "exp_year")}


def _stored(row: Subscription) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in NOTHING if name not in ("is_paused", "next_change")}
    following = _price(row.next_price)
    next_change = {**following, "at": row.next_price_at} if following else None
    return {**found, "is_paused": bool(row.pause_behavior), "next_change": next_change}


def _shown(user: User, state: PlanState) -> dict[str, Any]:
    has = entitlement_for(user)
    return {
        "plan_code": has.plan_code,
        "plan_name": has.plan_name,
        "reason": has.reason,
        "valid_until": has.valid_until,
        "situation": state.situation,
        "price": _price(state.price),
        "card": _card(customer_of(user)),
        **(_stored(state.subscription) if state.subscription else NOTHING),
    }


def _changed(change: Change) -> dict[str, Any]:
    plain = {name: getattr(change, name) for name in CHANGE_COLUMNS}
    return {
        **plain,
        "price": _price(change.price),
        "plan_code": change.later.code,
        "lines": [asdict(line) for line in change.lines],
        "effects": [{"title": effect.title, "names": effect.names} for effect in change.effects],
    }


class SubscriptionDetailView(ApiView):
    scope = Scope.BILLING

    @extend_schema(responses={200: SubscriptionView})
    def get(self, request: Request) -> Response:
        """What you may use, and how your subscription stands, as the payment provider last told us."""
        user = signed_in(request)
        return Response(_shown(user, plan_state(user)))

    @extend_schema(responses={200: SubscriptionView})
    def delete(self, request: Request) -> Response:
        """End it at the end of its period, which is yours; where a payment is missing, at once, and its open invoice becomes void."""
        user = signed_in(request)
        enforce(request._request, SUBSCRIPTION, f"user:{user.pk}")
        return Response(_shown(user, state_with(subscriptions.cancel(user))))


class SubscriptionResumeView(ApiView):
    scope = Scope.BILLING

    @extend_schema(request=NothingForm, responses={200: SubscriptionView})
    def post(self, request: Request) -> Response:
        """Let it go on after all."""
        user = signed_in(request)
        enforce(request._request, SUBSCRIPTION, f"user:{user.pk}")
        self.read(NothingForm)
        return Response(_shown(user, state_with(subscriptions.resume(user))))


class SubscriptionPauseView(ApiView):
    scope = Scope.BILLING

    @extend_schema(request=PauseForm, responses={200: SubscriptionView})
    def post(self, request: Request) -> Response:
        """Charge nothing for a while. What is paid for may be used to its end."""
        user = signed_in(request)
        enforce(request._request, SUBSCRIPTION, f"user:{user.pk}")
        return Response(_shown(user, state_with(subscriptions.pause(user, **self.read(PauseForm)))))


class SubscriptionUnpauseView(ApiView):
    scope = Scope.BILLING

    @extend_schema(request=NothingForm, responses={200: SubscriptionView})
    def post(self, request: Request) -> Response:
        """End the pause. Where what was paid for is over, a new period begins and is charged at once."""
        user = signed_in(request)
        enforce(request._request, SUBSCRIPTION, f"user:{user.pk}")
        self.read(NothingForm)
        return Response(_shown(user, state_with(subscriptions.unpause(user))))


class ChangePreviewView(ApiView):
    scope = Scope.BILLING

    @extend_schema(request=WantedForm, responses={200: ChangeView})
    def post(self, request: Request) -> Response:
        """What another plan or interval would cost, and when it would begin. Changes nothing."""
        user = signed_in(request)
        enforce(request._request, CHECKOUT, f"user:{user.pk}")
        return Response(_changed(preview_change(user=user, **self.read(WantedForm))))


class ChangeConfirmView(ApiView):
    scope = Scope.BILLING

    @extend_schema(request=ChangeForm, responses={200: ChangeView})
    def post(self, request: Request) -> Response:
        """Change to it, as the preview showed it. The same request again charges nothing twice."""
        user = signed_in(request)
        enforce(request._request, CHECKOUT, f"user:{user.pk}")
        return Response(_changed(confirm_change(user=user, **self.read(ChangeForm))))


class ChangeDropView(ApiView):
    scope = Scope.BILLING

    @extend_schema(request=NothingForm, responses={200: SubscriptionView})
    def post(self, request: Request) -> Response:
        """Take back a change that waits for the period's end."""
        user = signed_in(request)
        enforce(request._request, SUBSCRIPTION, f"user:{user.pk}")
        self.read(NothingForm)
        return Response(_shown(user, state_with(drop_change(user=user))))


class InvoicesView(ApiView):
    scope = Scope.BILLING

    @extend_schema(parameters=PAGE_PARAMETERS, responses={200: paged(InvoiceItemView)})
    def get(self, request: Request) -> Response:
        """Your invoices, the newest first."""
        page = invoice_page(signed_in(request).pk, page_request(request.query_params))
        return Response({**page.as_dict(), "items": [asdict(invoice) for invoice in page.items]})
