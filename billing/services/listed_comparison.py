"""Stripe's list of subscriptions beside what is stored: a hundred in a request, so that all are looked at daily, however many they are."""

from __future__ import annotations

import time

from billing.gateway.client import PAGE, Object, Stripe
from billing.gateway.errors import GatewayMissing
from billing.gateway.fetch import live_subscriptions
from billing.gateway.values import id_of
from billing.models import Discrepancy, StripeCustomer, Subscription
from billing.services.comparing import AT_ONCE, Comparison
from billing.services.discrepancies import heal, report
from billing.services.stored import prices_by_stripe_id
from billing.services.subscriptions_sync import price_ids, read_subscription

# A run that has read for so long goes on with the rest of its work; the next one goes on in the list.
LONGEST_S = 240.0
# And each request has some more to be answered.
_MORE_S = 30.0
# What is Stripe's word, not ours: the rest of a row follows from it, from other rows and from the time.
SUBSCRIPTION_FIELDS = (
    "price_id",
    "status",
    "started_at",
    "trial_end",
    "current_period_start",
    "current_period_end",
    "cancel_at_period_end",
    "cancel_at",
    "canceled_at",
    "ended_at",
    "pause_behavior",
    "pause_resumes_at",
    "schedule_id",
    "next_price_id",
    "next_price_at",
)
Kind = Discrepancy.Kind


def look_through_list(comparison: Comparison) -> bool:
    """Give those whose subscriptions differ their turn now, and tell of customers who pay at Stripe and whom nobody here is.

    Begins at the run's cursor, and leaves there how far it came; returns whether that was the end. Raises PaymentsUnavailable.
    """
    ends = time.monotonic() + LONGEST_S
    with Stripe(within_s=LONGEST_S + _MORE_S, retries=2) as api:
        while True:
            listed = _page(api, comparison)
            _look_at(listed["data"])
            if not listed["has_more"]:
                comparison.cursor = ""
                _heal_unknown(api)
                return True
            comparison.cursor = listed["data"][-1]["id"]
            if time.monotonic() >= ends:
                return False


def _page(api: Stripe, comparison: Comparison) -> Object:
    asked: Object = {"limit": PAGE, "expand": ["data.schedule"]}
    if comparison.cursor:
        try:
            return api.call(lambda v1: v1.subscriptions.list({**asked, "starting_after": comparison.cursor}))
        except GatewayMissing:
            # It is over by now, and not in the list any more.
            comparison.cursor = ""
    return api.call(lambda v1: v1.subscriptions.list(asked))


def _look_at(listed: list[Object]) -> None:
    customers = {id_of(one["customer"]) for one in listed}
    ours = set(StripeCustomer.objects.filter(pk__in=customers).values_list("pk", flat=True))
    differing = {id_of(one["customer"]) for one in _differing(listed)} & ours
    # Those who were never compared are the first.
    StripeCustomer.objects.filter(pk__in=differing).update(compared_at=None)
    looked_at = set(
        Discrepancy.objects.filter(
            kind=Kind.UNKNOWN_CUSTOMER, object_id__in=customers, closed_at__isnull=False
        ).values_list("object_id", flat=True)
    )
    for customer_id in customers - ours - looked_at:
        live = [one["id"] for one in listed if id_of(one["customer"]) == customer_id and _is_live(one)]
        if live:
            report(Kind.UNKNOWN_CUSTOMER, customer_id, details={"subscriptions": live})


def _differing(listed: list[Object]) -> list[Object]:
    stored = {
        row.pop("pk"): row
        for row in Subscription.objects.filter(pk__in=[one["id"] for one in listed]).values("pk", *SUBSCRIPTION_FIELDS)
    }
    prices = prices_by_stripe_id(id for one in listed for id in price_ids(one))
    return [one for one in listed if stored.get(one["id"]) != read_subscription(one, prices)]


def _is_live(one: Object) -> bool:
    return one["status"] in Subscription.LIVE


def _heal_unknown(api: Stripe) -> None:
    """Of those whom staff have been told of: who is somebody by now, or pays no more."""
    told = Discrepancy.objects.filter(kind=Kind.UNKNOWN_CUSTOMER, healed_at=None, closed_at=None).order_by("found_at")
    ids = list(told.values_list("object_id", flat=True)[:AT_ONCE])
    ours = set(StripeCustomer.objects.filter(pk__in=ids).values_list("pk", flat=True))
    for customer_id in ids:
        if customer_id in ours or not live_subscriptions(api, customer_id):
            heal(Kind.UNKNOWN_CUSTOMER, customer_id)
