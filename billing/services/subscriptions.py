"""What people do with the subscription that they have: end it, keep it, pause it."""

from __future__ import annotations

from accounts.models import User
from billing.models import Subscription


def live_subscription(user: User) -> Subscription | None:
    """The person's one live subscription as last stored, with its price, its next price and its customer; one query."""
    live = Subscription.objects.filter(user=user, status__in=Subscription.LIVE, is_surplus=False)
    return live.select_related("customer", "price__plan", "next_price__plan").first()
