"""Buying over the API: the payment itself happens on a page of the payment provider's."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people import signed_in
from billing.api.serializers import CheckoutForm, CheckoutView, PortalForm, UrlView
from billing.models import CheckoutSession
from billing.services.checkout import look_up_checkout, open_checkout
from billing.services.portal import open_portal
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from nexusvpn.ratelimit import CHECKOUT, CHECKOUT_LOOK, enforce


def _shown(page: CheckoutSession) -> dict[str, Any]:
    return {
        "id": page.stripe_id,
        "state": page.state,
        "url": page.url,
        "plan": page.price.plan.code,
        "interval": page.price.interval,
        "expires_at": page.expires_at,
    }


class CheckoutsView(ApiView):
    scope = Scope.BILLING

    @extend_schema(request=CheckoutForm, responses={200: CheckoutView})
    def post(self, request: Request) -> Response:
        """The page on which you pay: the one that is open for this plan, or a new one. Ten a minute."""
        user = signed_in(request)
        enforce(request._request, CHECKOUT, f"user:{user.pk}")
        return Response(_shown(open_checkout(user=user, **self.read(CheckoutForm))))


class CheckoutDetailView(ApiView):
    scope = Scope.BILLING

    @extend_schema(responses={200: CheckoutView})
    def get(self, request: Request, pk: str) -> Response:
        """What became of a page. Your plan is there when billing/subscription says so, moments after the payment. Ten a minute."""
        user = signed_in(request)
        enforce(request._request, CHECKOUT_LOOK, f"user:{user.pk}")
        return Response(_shown(look_up_checkout(user=user, session_id=pk)))


class PortalView(ApiView):
    scope = Scope.BILLING

    @extend_schema(request=PortalForm, responses={200: UrlView})
    def post(self, request: Request) -> Response:
        """The payment provider's pages about you: card, invoices, address."""
        user = signed_in(request)
        enforce(request._request, CHECKOUT, f"user:{user.pk}")
        return Response({"url": open_portal(user=user, **self.read(PortalForm))})
