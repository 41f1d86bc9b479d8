"""Events that wait while no job does that would act on them.

A webhook may find its customer's job still waiting, and ask for none, while a worker takes that very job and reads the events before the
webhook has committed its own.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from billing.deferred import follow_events_soon, follows, place_event_soon, places
from billing.models import StripeEvent

# The jobs that were asked for have had their turn by then, if the worker keeps up.
SLACK = timedelta(seconds=30)
AT_ONCE = 500


def ask_for_unasked() -> int:
    """Ask for those jobs; returns for how many. What has failed and is to be repeated has a job that waits for its time."""
    late = StripeEvent.objects.filter(state=StripeEvent.State.WAITING, received_at__lt=timezone.now() - SLACK)
    of_somebody = late.filter(~follows("customer_id")).exclude(customer_id="").order_by("customer_id")
    customers = list(of_somebody.values_list("customer_id", flat=True).distinct()[:AT_ONCE])
    for customer_id in customers:
        follow_events_soon(customer_id)
    unplaced = late.filter(~places("stripe_id"), customer_id="").order_by("stripe_id")
    events = list(unplaced.values_list("stripe_id", flat=True)[:AT_ONCE])
    for event_id in events:
        place_event_soon(event_id)
    return len(customers) + len(events)
