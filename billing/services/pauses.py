"""Pauses that are over when what was paid for is over too.

Stripe made the renewal's invoice void, and asks for nothing until the next one: without a new period the plan would be neither had nor
to be bought until then.
"""

from __future__ import annotations

from typing import Any

from billing.deferred import finish_orders_soon
from billing.models import Invoice, StripeOrder, Subscription
from billing.services.effects import once
from billing.services.orders import SUPERSEDED, end_order, place_or_find

Purpose, State = StripeOrder.Purpose, StripeOrder.State
# A period that begins now and is charged at once.
NEW_PERIOD: dict[str, Any] = {"pause_collection": "", "billing_cycle_anchor": "now", "proration_behavior": "none"}


def go_on_after_pause(subscription: Subscription) -> None:
    """Where its owner's pause ended at the date that they had chosen, begin a new period; if its payment fails, it fails as a renewal's.

    In the caller's transaction, once for each invoice that was made void. Where staff made it void, nobody has agreed to pay: then its
    owner begins the period by `unpause`.
    """
    newest = Invoice.objects.filter(subscription=subscription).first()
    if newest is None or newest.status != Invoice.Status.VOID or not is_unpaid_for(subscription):
        return
    paused = _orders(subscription, Purpose.PAUSE).filter(state=State.DONE).order_by("-created_at").first()
    if paused is None or not _covers(paused, newest) or not subscription.user.is_active:
        return
    if not once(f"pause-over:{newest.pk}"):
        return
    order, is_new = place_or_find(
        user=subscription.user,
        purpose=Purpose.UNPAUSE,
        subject=subscription.pk,
        # Without the money it is past due, as after any renewal.
        parameters={**NEW_PERIOD, "payment_behavior": "allow_incomplete"},
        is_durable=True,
    )
    # Ended by hand before, and no sync has heard of it; while the order is open nobody can do so.
    by_hand = _orders(subscription, Purpose.UNPAUSE).filter(state=State.DONE, created_at__gt=paused.created_at)
    if is_new and by_hand.exists():
        end_order(order, SUPERSEDED)
    finish_orders_soon()


def is_unpaid_for(subscription: Subscription) -> bool:
    """Whether its present period was not paid for and nothing is to be paid either, as between a renewal and its invoice."""
    paid_until = subscription.paid_until
    is_bare = paid_until is not None and paid_until <= subscription.current_period_start
    is_active = subscription.status == Subscription.Status.ACTIVE and not subscription.pause_behavior
    return is_active and is_bare and subscription.unpaid_since is None


def _covers(paused: StripeOrder, invoice: Invoice) -> bool:
    ends: int | None = paused.parameters["pause_collection"].get("resumes_at")
    return ends is not None and paused.created_at <= invoice.created_at and invoice.created_at.timestamp() <= ends


def _orders(subscription: Subscription, purpose: StripeOrder.Purpose) -> Any:
    return StripeOrder.objects.filter(user=subscription.user_id, purpose=purpose, subject=subscription.pk)
