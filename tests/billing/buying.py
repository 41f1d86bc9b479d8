"""Customers of the shop as the tests about changes need them: they have bought, and what they have is stored."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import User
from billing.models import CheckoutSession, PlanPrice, StripeCustomer, Subscription
from billing.services.checkout import look_up_checkout, open_checkout
from billing.services.held import brought_to
from tests.billing.shop import Shop

VISA = "4242424242424242"
DECLINED = "4000000000000002"


def pay(shop: Shop, page: CheckoutSession, number: str = VISA) -> int:
    """The status of Stripe's answer: 303 back to the shop, or a page that says why not."""
    return shop.open(f"/pay/{page.stripe_id}", number=number, expiry="12/34", cvc="123").status


def buy(shop: Shop, user: User, plan: str = "basic", interval: str = "month", **more: Any) -> Subscription:
    page = open_checkout(user=user, plan=plan, interval=interval, **more)
    assert pay(shop, page) == 303
    assert look_up_checkout(user=user, session_id=str(page.stripe_id)).state == CheckoutSession.State.COMPLETE
    return store(shop, user)


def store(shop: Shop, user: User, **more: Any) -> Subscription:
    """The person's newest subscription at Stripe, in our table, as a sync would have left it."""
    customer = StripeCustomer.objects.get(user=user, deleted_at=None)
    found = shop.api.subscriptions.list({"customer": customer.stripe_id, "status": "all"}).data[0].to_dict()
    row = Subscription.objects.filter(pk=found["id"]).first() or Subscription(stripe_id=found["id"])
    row.customer, row.user = customer, user
    row.price = PlanPrice.objects.get(stripe_price_id=found["items"]["data"][0]["price"]["id"])
    row.synced_at = timezone.now()
    brought_to(row, found)
    row.paid_until = row.current_period_end
    for name, value in more.items():
        setattr(row, name, value)
    row.save()
    StripeCustomer.objects.filter(pk=customer.pk).update(currency=row.price.currency)
    return row


def plan_at_stripe(shop: Shop, row: Subscription) -> str:
    """What the subscription has there: "basic/month"."""
    item = shop.subscription(row.stripe_id)["items"]["data"][0]
    price = PlanPrice.objects.select_related("plan").get(stripe_price_id=item["price"]["id"])
    return f"{price.plan.code}/{price.interval}"


def charged(shop: Shop) -> list[int]:
    """The amounts of all charges that succeeded, the oldest first."""
    charges = list(shop.api.charges.list({"limit": 100}).auto_paging_iter())
    return [charge.amount for charge in reversed(charges) if charge.status == "succeeded"]
