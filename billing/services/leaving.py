"""People who delete their account, or whom staff have suspended, pay nothing any more; who comes back in time goes on as before.

What was paid for stays theirs to the end of its period, in case they come back. Where a payment failed, the subscription ends at once:
Stripe would go on trying to collect it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from accounts.models import User
from billing.deferred import finish_orders_soon
from billing.models import StripeOrder, Subscription
from billing.services.orders import SUPERSEDED, end_order, open_order, place_order
from nexusvpn.one_by_one import one_by_one

Purpose = StripeOrder.Purpose
# Nothing is collected at the end of their period, and nothing before.
ENDS_LATER = (Subscription.Status.ACTIVE, Subscription.Status.TRIALING, Subscription.Status.PAUSED)
STILL_COLLECTED = (Subscription.Status.PAST_DUE, Subscription.Status.UNPAID, Subscription.Status.INCOMPLETE)
# Until an end that is set for another period, periods begin and are charged.
_ENDS_TOO_LATE = Q(cancel_at=None) | Q(cancel_at__gt=F("current_period_end"))
_TO_END_LATER = Q(_ENDS_TOO_LATE, status__in=ENDS_LATER, cancel_at_period_end=False)
_TO_END_NOW = Q(status__in=STILL_COLLECTED)
# Neither can sign in to end it themselves.
_AWAY = Q(deletion_due_at__isnull=False) | Q(suspended_at__isnull=False)
# Told to Stripe, and how an end for this reason is known from others.
LEFT = {"cancellation_details": {"comment": "The account is closed or suspended."}}
# In Stripe's metadata: when a subscription was to end before its owner left.
FORMER_END = "former_end"
PEOPLE_AT_ONCE = 1_000


def follow_leaving(user_id: UUID) -> None:
    """Order the end of what somebody pays for who is leaving or suspended; take that back for who is not any more. May be repeated."""
    if User.objects.filter(_AWAY, pk=user_id).exists():
        _order_ends(user_id)
    elif User.objects.filter(pk=user_id, is_active=True).exists():
        _take_back(user_id)


def ending_later(user_id: UUID) -> QuerySet[Subscription]:
    """What would end with what is paid for, if its owner left."""
    return Subscription.objects.filter(_TO_END_LATER, user_id=user_id).select_related("user", "price__plan")


def ending_now(user_id: UUID) -> QuerySet[Subscription]:
    """What would end at once, if its owner left."""
    return Subscription.objects.filter(_TO_END_NOW, user_id=user_id).select_related("user", "price__plan")


def going_on(user_id: UUID) -> Iterator[Subscription]:
    """What would go on, if its owner came back: that which they had ended themselves before is not among it."""
    return (subscription for subscription, _order in _ended_for_leaving(user_id))


def _ended_for_leaving(user_id: UUID) -> Iterator[tuple[Subscription, StripeOrder]]:
    theirs = Subscription.objects.filter(user_id=user_id, status__in=ENDS_LATER)
    for subscription in theirs.select_related("user", "price__plan"):
        orders = StripeOrder.objects.filter(
            user_id=user_id, subject=subscription.pk, purpose__in=(Purpose.CANCEL, Purpose.RESUME)
        )
        last = orders.exclude(state=StripeOrder.State.REFUSED).order_by("-created_at").first()
        if last is not None and last.purpose == Purpose.CANCEL and last.is_durable:
            yield subscription, last


def ended_since(user_id: UUID, moment: datetime) -> QuerySet[Subscription]:
    """What stays ended, whoever comes back."""
    over = Subscription.objects.filter(user_id=user_id, status=Subscription.Status.CANCELED, ended_at__gte=moment)
    return over.select_related("price__plan")


def end_what_the_leaving_pay() -> int:
    """The same for subscriptions that began, or lost their end, after their owner left; returns of how many people."""
    leaving = Subscription.objects.filter(_TO_END_LATER | _TO_END_NOW, user__in=User.objects.filter(_AWAY))
    people = leaving.values_list("user_id", flat=True).distinct()
    return len(one_by_one(follow_leaving, list(people[:PEOPLE_AT_ONCE])))


def _order_ends(user_id: UUID) -> None:
    live = Subscription.objects.filter(user_id=user_id, status__in=Subscription.LIVE)
    for subscription in live.select_related("user"):
        _give_up(subscription, Purpose.RESUME)
    for subscription in ending_later(user_id):
        if subscription.schedule_id:
            # Stripe refuses to end what a schedule is to change.
            order_durably(subscription.user, Purpose.UNSCHEDULE, subscription.schedule_id)
        end = subscription.cancel_at
        former = {"metadata": {FORMER_END: str(int(end.timestamp()))}} if end else {}
        order_durably(subscription.user, Purpose.CANCEL, subscription.pk, cancel_at_period_end=True, **former)
    for subscription in ending_now(user_id):
        order_durably(subscription.user, Purpose.END, subscription.pk, **LEFT)


def _take_back(user_id: UUID) -> None:
    """What they had ended themselves before stays ended: no order of ours did it. An end at once that is done cannot be taken back."""
    for order in StripeOrder.objects.filter(user_id=user_id, purpose=Purpose.END, state=StripeOrder.State.OPEN):
        if order.parameters == LEFT:
            end_order(order, SUPERSEDED)
    for subscription, ended in _ended_for_leaving(user_id):
        _give_up(subscription, Purpose.CANCEL)
        former = ended.parameters.get("metadata", {}).get(FORMER_END)
        back = {"cancel_at": int(former)} if former else {"cancel_at_period_end": False}
        order_durably(subscription.user, Purpose.RESUME, subscription.pk, **back)


def _give_up(subscription: Subscription, purpose: StripeOrder.Purpose) -> None:
    """The contrary of what is wished now: tried again after Stripe was away, it would come last."""
    former = open_order(user=subscription.user, purpose=purpose, subject=subscription.pk)
    if former is not None:
        end_order(former, SUPERSEDED)


def order_durably(user: User, purpose: StripeOrder.Purpose, subject: str, **parameters: Any) -> None:
    """A decision of the service itself, which a job carries out."""
    order = place_order(user=user, purpose=purpose, subject=subject, parameters=parameters, is_durable=True)
    # One that the person had begun would lapse with them.
    StripeOrder.objects.filter(pk=order.pk, is_durable=False).update(is_durable=True)
    finish_orders_soon()
