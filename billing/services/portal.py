"""Stripe's own pages for a customer: cards, invoices, addresses."""

from __future__ import annotations

from typing import Any, Literal

from django.conf import settings

from accounts.models import User
from billing.errors import NothingBought
from billing.gateway.client import Stripe
from billing.gateway.errors import GatewayMissing
from billing.services.checkout_parameters import BACK_PATH, page_locale
from billing.services.customers import customer_of, forget_if_deleted

Flow = Literal["", "payment_method"]


def open_portal(*, user: User, flow: Flow = "") -> str:
    """The address of such a page, for this person and for minutes; with `payment_method` that on which a card is changed.

    Raises NothingBought, PaymentsUnavailable.
    """
    customer = customer_of(user)
    if customer is None:
        raise NothingBought
    back = f"{settings.SITE_URL}{BACK_PATH}"
    asked: dict[str, Any] = {"customer": customer.stripe_id, "return_url": back, "locale": page_locale(user)}
    if flow == "payment_method":
        after = {"type": "redirect", "redirect": {"return_url": back}}
        asked["flow_data"] = {"type": "payment_method_update", "after_completion": after}
    with Stripe() as api:
        try:
            return str(api.call(lambda v1: v1.billing_portal.sessions.create(asked))["url"])
        except GatewayMissing:
            forget_if_deleted(customer.stripe_id, api)
            raise NothingBought from None
