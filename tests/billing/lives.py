"""People who pay, at a sandbox."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from billing.models import PlanPrice, StripeCustomer
from tests.billing.shop import Shop


def price_id(plan: str = "basic", interval: str = "month", currency: str = "USD") -> str:
    """Stripe's, of a price that is offered."""
    price = PlanPrice.objects.get(plan__code=plan, interval=interval, currency=currency, is_current=True)
    return str(price.stripe_price_id)


def payer(shop: Shop, user: User, card: str = "pm_card_visa") -> str:
    """A customer at Stripe, and here, whose card is stored; returns the id."""
    customer = shop.payer(card).id
    StripeCustomer.objects.create(stripe_id=customer, user=user)
    User.objects.filter(pk=user.pk).update(stripe_customer_id=customer)
    return customer


def subscribe(shop: Shop, customer: str, plan: str = "basic", interval: str = "month", **more: Any) -> str:
    """A subscription of theirs, by the API; returns its id."""
    params: Any = {"customer": customer, "items": [{"price": price_id(plan, interval)}], **more}
    return shop.api.subscriptions.create(params).id
