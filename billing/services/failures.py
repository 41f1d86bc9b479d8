"""A sync that failed, or a search for whose an event is: written down at the events, and tried again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from billing.deferred import place_again, sync_again
from billing.models import StripeEvent
from nexusvpn.errors import DomainError

# After 4, 8, 16 … seconds, at most an hour: a day of Stripe being away in all.
ATTEMPTS = 32
_LONGEST_WAIT_S = 3600
State = StripeEvent.State


@contextmanager
def recorded(customer_id: str, attempt: int = 0) -> Iterator[None]:
    """Around the sync of a customer. What it raises is raised again, once what is known of it has been committed.

    `attempt` counts the repetitions; 0 is what was asked for, which may happen at any time and so is not one of them.
    """
    try:
        yield
    except Exception as error:
        note_failure(customer_id, attempt, why(error))
        raise


def note_failure(customer_id: str, attempt: int, reason: str) -> None:
    """The events that wait, with the reason; after the last attempt they have failed."""
    waiting = StripeEvent.objects.filter(customer_id=customer_id, state=State.WAITING)
    _note(waiting, attempt, reason, partial(sync_again, customer_id))


@contextmanager
def recorded_at_event(event_id: str, attempt: int = 0) -> Iterator[None]:
    """The same around the search for the customer of one event."""
    try:
        yield
    except Exception as error:
        waiting = StripeEvent.objects.filter(pk=event_id, customer_id="", state=State.WAITING)
        _note(waiting, attempt, why(error), partial(place_again, event_id))
        raise


def _note(waiting: QuerySet[StripeEvent], attempt: int, reason: str, again: Callable[[int, datetime], None]) -> None:
    with transaction.atomic():
        waiting.update(attempts=F("attempts") + 1, reason=reason[:200])
        if attempt >= ATTEMPTS:
            waiting.filter(attempts__gte=ATTEMPTS).update(state=State.FAILED, processed_at=timezone.now())
            # Those that came late have attempts of their own.
            attempt = 0
            if not waiting.exists():
                return
        wait_s = min(2.0 ** (attempt + 2), _LONGEST_WAIT_S)
        again(attempt + 1, timezone.now() + timedelta(seconds=wait_s))


def why(error: Exception) -> str:
    """For staff: our own words where we have them, otherwise what kind of error it was. Texts of others may hold anything."""
    return f"{error.code}: {error.message}" if isinstance(error, DomainError) else type(error).__name__
