"""A person has one live subscription. What is done where Stripe has a second one."""

from __future__ import annotations

from collections.abc import Iterable

from billing.deferred import finish_orders_soon
from billing.gateway.client import Object
from billing.models import Discrepancy, Payment, StripeOrder, Subscription
from billing.services.checkout_parameters import CHECKOUT
from billing.services.discrepancies import heal, report
from billing.services.effects import once
from billing.services.orders import place_order

Purpose = StripeOrder.Purpose


def is_ours(found: Object) -> bool:
    """Whether our own checkout made it, not somebody at Stripe's dashboard."""
    return bool((found["metadata"] or {}).get(CHECKOUT))


def surplus_among(live: Iterable[Object], known: dict[str, Subscription]) -> set[str]:
    """Ids of those that are too many: all but the one that began first. One that is being paid back stays what it is."""
    ended_by_us = {one["id"] for one in live if is_ours(one) and one["id"] in known and known[one["id"]].is_surplus}
    rest = sorted((one["start_date"], one["id"]) for one in live if one["id"] not in ended_by_us)
    return ended_by_us | {id for _, id in rest[1:]}


def settle_surplus(subscription: Subscription, found: Object) -> None:
    """End and pay back what our own checkout sold twice, each once; what was made by hand is for staff to judge."""
    if not subscription.is_surplus:
        heal(Discrepancy.Kind.SURPLUS, subscription.pk)
    elif is_ours(found):
        _undo(subscription)
    elif subscription.is_live:
        report(Discrepancy.Kind.SURPLUS, subscription.pk, user=subscription.user)
    else:
        heal(Discrepancy.Kind.SURPLUS, subscription.pk)


def _undo(subscription: Subscription) -> None:
    asked = False
    if subscription.is_live and once(f"surplus-end:{subscription.pk}"):
        place_order(user=subscription.user, purpose=Purpose.END, subject=subscription.pk, is_durable=True)
        asked = True
    paid = Payment.objects.filter(invoice__subscription=subscription, status=Payment.Status.SUCCEEDED)
    for payment in paid:
        if payment.refundable_minor > 0 and once(f"surplus-refund:{payment.pk}"):
            parameters = {"charge": payment.pk, "reason": "duplicate"}
            place_order(
                user=subscription.user,
                purpose=Purpose.REFUND,
                subject=payment.pk,
                parameters=parameters,
                is_durable=True,
            )
            asked = True
    if asked:
        finish_orders_soon()
