"""What Stripe is told of a page on which somebody buys: https://docs.stripe.com/api/checkout/sessions/create."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from accounts.models import User
from billing.models import CheckoutSession
from billing.services.order_requests import USER
from nexusvpn.languages import known_language

# Our name for our row in Stripe's metadata.
CHECKOUT = "nexusvpn_checkout"
# Where Stripe leads back to. It writes the page's id in place of the braces.
PAID_PATH = "/billing/success?session_id={CHECKOUT_SESSION_ID}"
UNPAID_PATH = "/billing/cancelled"
BACK_PATH = "/billing"


def page_parameters(row: CheckoutSession, *, customer: str, promotion: str, with_trial: bool) -> dict[str, Any]:
    """All of it: stored with the row, so that the same can be asked again."""
    names = {CHECKOUT: str(row.pk), USER: str(row.user_id)}
    subscription: dict[str, Any] = {"metadata": names}
    if with_trial and row.price.plan.trial_days:
        subscription["trial_period_days"] = row.price.plan.trial_days
    parameters: dict[str, Any] = {
        "mode": "subscription",
        "customer": customer,
        "line_items": [{"price": row.price.stripe_price_id, "quantity": 1}],
        "success_url": f"{settings.SITE_URL}{PAID_PATH}",
        "cancel_url": f"{settings.SITE_URL}{UNPAID_PATH}",
        "locale": page_locale(row.user),
        "metadata": names,
        "subscription_data": subscription,
        **_tax(),
    }
    # Stripe takes one of the two: a code that came with the request, or a field for one on the page.
    if promotion:
        parameters["discounts"] = [{"promotion_code": promotion}]
    else:
        parameters["allow_promotion_codes"] = True
    return parameters


def page_locale(user: User) -> str:
    """The language of Stripe's pages: the person's own, or else what their browser asks for."""
    return known_language(user.language) or "auto"


def _tax() -> dict[str, Any]:
    """Stripe computes taxes from an address, and asks for both where it may keep them with the customer."""
    found: dict[str, Any] = {}
    update = {}
    if settings.STRIPE_AUTOMATIC_TAX:
        found["automatic_tax"] = {"enabled": True}
        update["address"] = "auto"
    if settings.STRIPE_TAX_ID_COLLECTION:
        found["tax_id_collection"] = {"enabled": True}
        update["name"] = "auto"
    return {**found, "customer_update": update} if update else found
