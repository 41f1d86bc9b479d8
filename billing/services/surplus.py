"""A person has one live subscription. What is done where Stripe has a second one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from billing.gateway.client import Object
from billing.models import Discrepancy, Payment, StripeOrder, Subscription
from billing.services.checkout_parameters import CHECKOUT
from billing.services.discrepancies import heal, report
from billing.services.effects import once
from billing.services.orders import order_until_done

Purpose = StripeOrder.Purpose
# Nobody has paid for these.
NEVER_LIVED = (Subscription.Status.INCOMPLETE, Subscription.Status.INCOMPLETE_EXPIRED)


def is_ours(found: Object) -> bool:
    """Whether our own checkout made it, not somebody at Stripe's dashboard."""
    return bool((found["metadata"] or {}).get(CHECKOUT))


def surplus_among(live: Iterable[Object], known: dict[str, Subscription]) -> set[str]:
    """Ids of those that are too many: all but the one that counted so far, or else the one that was made first.

    When one began is no guide: whoever makes one by hand may set that back. One that is being paid back stays what it is.
    """
    ended_by_us = {one["id"] for one in live if is_ours(one) and one["id"] in known and known[one["id"]].is_surplus}

    def turn(one: Object) -> tuple[bool, int, str]:
        row = known.get(one["id"])
        counts = row is not None and row.is_live and not row.is_surplus
        return not counts, one["created"], one["id"]

    rest = sorted((one for one in live if one["id"] not in ended_by_us), key=turn)
    return ended_by_us | {one["id"] for one in rest[1:]}


def settle_surplus(subscription: Subscription, found: Object, theirs: Iterable[Object]) -> None:
    """End what our own checkout sold twice, and pay back what was paid for it beside the other, each once.

    What was made by hand, and what was paid before there was another, is for staff to judge. `theirs` are all that the person has.
    """
    if not subscription.is_surplus:
        heal(Discrepancy.Kind.SURPLUS, subscription.pk)
    elif is_ours(found):
        _undo(subscription, theirs)
    elif subscription.is_live:
        report(Discrepancy.Kind.SURPLUS, subscription.pk, user=subscription.user)
    else:
        heal(Discrepancy.Kind.SURPLUS, subscription.pk)


def _undo(subscription: Subscription, theirs: Iterable[Object]) -> None:
    if subscription.is_live:
        order_until_done(user=subscription.user, purpose=Purpose.END, subject=subscription.pk)
    counting = set(Subscription.objects.filter(user=subscription.user, is_surplus=False).values_list("pk", flat=True))
    others = [one for one in theirs if one["id"] in counting and one["status"] not in NEVER_LIVED]
    paid = Payment.objects.filter(invoice__subscription=subscription, status=Payment.Status.SUCCEEDED)
    for payment in paid:
        if payment.refundable_minor > 0:
            _pay_back(subscription, payment, was_twice=any(_lived(one, payment.created_at) for one in others))


def _pay_back(subscription: Subscription, payment: Payment, *, was_twice: bool) -> None:
    if was_twice:
        parameters = {"charge": payment.pk, "reason": "duplicate"}
        order_until_done(user=subscription.user, purpose=Purpose.REFUND, subject=payment.pk, parameters=parameters)
    elif once(f"surplus-shown:{payment.pk}"):
        details = {"payment": payment.pk}
        report(Discrepancy.Kind.SURPLUS, subscription.pk, user=subscription.user, details=details)


def _lived(found: Object, at: datetime) -> bool:
    ended = found["ended_at"]
    return bool(found["created"] <= at.timestamp() and (ended is None or ended > at.timestamp()))
