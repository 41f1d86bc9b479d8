"""Asking for the jobs of `billing.tasks`, by their names: the tasks import the services, so the services cannot import the tasks.

Called inside a transaction, the job exists exactly if that commits. May be asked for again and again: one of a kind waits at a time.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Concat
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status

from nexusvpn.context import current_request_id


def sync_soon(customer_id: str) -> None:
    """Bring what we have of a customer of Stripe's to what is there now."""
    _defer_once("sync", customer_id, customer_id=customer_id)


def follow_events_soon(customer_id: str) -> None:
    """The same, if one of their events still waits by then."""
    _defer_once("follow_events", customer_id, customer_id=customer_id)


def place_event_soon(event_id: str) -> None:
    """Find out whose event it is that does not say it."""
    _defer_once("place_event", event_id, event_id=event_id)


def sync_again(customer_id: str, attempt: int, at: datetime) -> None:
    """After a failure. It has a lock of its own: one that waits for its time holds up nothing that is asked for meanwhile."""
    _defer_once("sync", f"again {customer_id}", at, customer_id=customer_id, attempt=attempt)


def place_again(event_id: str, attempt: int, at: datetime) -> None:
    """After a failure, as `sync_again`."""
    _defer_once("place_event", f"again {event_id}", at, event_id=event_id, attempt=attempt)


def follows(customer: str) -> Exists:
    """For a query: whether a job waits that brings up the customer whom this column names, now or after a failure."""
    return _waits(customer, "follow_events ", "sync again ")


def places(event: str) -> Exists:
    """For a query: whether a job waits that finds out whose the event is which this column names."""
    return _waits(event, "place_event ", "place_event again ")


def finish_orders_soon() -> None:
    """Do what was decided and has not been asked of Stripe yet."""
    _defer_once("finish_orders", "")


def look_later(subscription_id: str, at: datetime) -> None:
    """Look at a subscription when its time has come. Not with the jobs that may wait for Stripe: it needs nothing of there."""
    lock = f"{subscription_id} {at.timestamp()}"
    _defer_once("look_at", lock, at, queue="fleet", subscription_id=subscription_id)


def _waits(column: str, *kinds: str) -> Exists:
    locks = [Concat(Value(kind), OuterRef(column)) for kind in kinds]
    return Exists(ProcrastinateJob.objects.filter(status=Status.TODO.value, queueing_lock__in=locks))


def _defer_once(
    task: str, lock: str, at: datetime | None = None, queue: str = "payments", **arguments: str | int
) -> None:
    try:
        # In a savepoint: the refusal is a violated constraint, which would otherwise spoil the caller's transaction.
        with transaction.atomic():
            app.configure_task(
                f"billing.tasks.{task}", queue=queue, queueing_lock=f"{task} {lock}", schedule_at=at
            ).defer(request_id=current_request_id(), **arguments)
    except AlreadyEnqueued:
        return
