"""What people do with the subscription that they have, but for its plan: end it, keep it, pause it.

All of them set a state at Stripe, and each may be asked for again: who has what they ask for gets no second one. They return the
subscription as Stripe answered; it is stored by the sync, which is asked for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from billing.models import StripeOrder, Subscription
from billing.services.held import Held, held_at_stripe, live_subscription, twice_if_outdated
from billing.services.pauses import NEW_PERIOD, is_unpaid_for
from nexusvpn.errors import InvalidInput

LONGEST_PAUSE = timedelta(days=365)
Purpose = StripeOrder.Purpose

__all__ = ["cancel", "live_subscription", "pause", "release_schedule", "resume", "unpause"]


@twice_if_outdated
def cancel(user: User) -> Subscription:
    """End it at the period's end; a change that waits for that is dropped. Raises NotSubscribed, PaymentsUnavailable.

    Where a payment is missing it ends at once, and the open invoice becomes void: Stripe would go on collecting it.
    """
    with held_at_stripe(user) as held:
        held.close(Purpose.RESUME)
        if held.row.is_missing_payment:
            order = held.place(user=user, purpose=Purpose.END, subject=held.id, is_durable=True)
            return held.take_in({**held.found, **held.perform(order, "subscription_cancelled")})
        if held.row.cancel_at is not None and held.row.cancel_at <= held.row.current_period_end:
            held.close(Purpose.CANCEL)
            return held.row
        # Stripe does not end by itself what a schedule holds.
        release_schedule(held)
        order = held.order(Purpose.CANCEL, {"cancel_at_period_end": True})
        return held.take_in(held.perform(order, "subscription_cancelled"))


@twice_if_outdated
def resume(user: User) -> Subscription:
    """Take that back: it goes on. Raises NotSubscribed also where it is over already."""
    with held_at_stripe(user) as held:
        held.close(Purpose.CANCEL)
        if held.row.cancel_at is None:
            held.close(Purpose.RESUME)
            return held.row
        # Also an end on a date of its own, which Stripe's support or our staff may have set.
        asked: dict[str, Any] = {"cancel_at_period_end": False} if held.row.cancel_at_period_end else {"cancel_at": ""}
        order = held.order(Purpose.RESUME, asked)
        return held.take_in(held.perform(order, "subscription_resumed"))


@twice_if_outdated
def pause(user: User, until: datetime | None = None) -> Subscription:
    """Charge nothing until then, or until it is ended; what is paid for may be used to its end.

    Raises InvalidInput for a time that is past or more than a year away.
    """
    now = timezone.now()
    if until is not None and not now < until <= now + LONGEST_PAUSE:
        raise InvalidInput(fields={"until": [_("Choose a time within the next year.")]})
    ends = int(until.timestamp()) if until else None
    with held_at_stripe(user) as held:
        paused = held.found["pause_collection"]
        if paused is None:
            held.close(Purpose.UNPAUSE)
        elif (paused["behavior"], paused["resumes_at"]) == ("void", ends):
            held.close(Purpose.PAUSE)
            return held.row
        asked = {"pause_collection": {"behavior": "void", **({"resumes_at": ends} if ends else {})}}
        order = held.order(Purpose.PAUSE, asked)
        return held.take_in(held.perform(order, "subscription_paused", until=until.isoformat() if until else None))


@twice_if_outdated
def unpause(user: User) -> Subscription:
    """Go on. Where the time that was paid for is over, a new period begins now and is charged at once; also where the pause itself is.

    Raises PaymentDeclined: then it stays as it is.
    """
    with held_at_stripe(user) as held:
        held.close(Purpose.PAUSE)
        if held.found["pause_collection"] is None and not _is_over_unpaid(held):
            held.close(Purpose.UNPAUSE)
            return held.row
        # Not a new order where one is open: this may charge, and its key keeps it from doing so twice.
        which = {"user": user, "purpose": Purpose.UNPAUSE, "subject": held.id}
        order = held.place(**which, parameters=_going_on(held.row))
        return held.take_in(held.perform(order, "subscription_unpaused"))


def _is_over_unpaid(held: Held) -> bool:
    """Whether the pause is over, and what it made void was for the present period. Stripe's own word: our rows may be older."""
    latest = held.found["latest_invoice"]
    return is_unpaid_for(held.row) and latest is not None and latest["status"] == "void"


def _going_on(row: Subscription) -> dict[str, Any]:
    is_over = row.paid_until is not None and row.paid_until <= timezone.now()
    if row.status == Subscription.Status.ACTIVE and (is_over or is_unpaid_for(row)):
        return {**NEW_PERIOD, "payment_behavior": "error_if_incomplete"}
    return {"pause_collection": ""}


def release_schedule(held: Held) -> None:
    """Drop the change that waits for the period's end, if there is one."""
    schedule = held.found["schedule"]
    if schedule:
        held.perform(held.order(Purpose.UNSCHEDULE, {}, subject=schedule), "plan_change_dropped")
        held.take_in({**held.found, "schedule": None})
