"""Events of Stripe's: taken in once, and what becomes of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from billing.deferred import follow_events_soon, place_event_soon
from billing.gateway.errors import EventRefused
from billing.gateway.webhook_signature import check_signature
from billing.inserts import insert_once
from billing.models import StripeEvent

State = StripeEvent.State
# The longest that each of them may be is what its column takes.
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
_TYPE = re.compile(r"[a-z0-9_.]{1,80}")
_CUSTOMER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def accept_event(body: bytes, signature: str) -> None:
    """Keep the ids of a delivery and ask for the job that acts on it; once, however often it comes.

    Raises EventRefused, with nothing written, for whatever is not Stripe's, not of our mode, or not to be understood.
    """
    check_signature(body, signature, settings.STRIPE_WEBHOOK_SECRETS)
    keep_event(_read(body))


def keep_event(event: dict[str, Any], *, was_missed: bool = False) -> bool:
    """The same for an event that came otherwise: in Stripe's own list, say. Returns whether it was not known yet.

    One transaction: an event without its job would wait for ever, and a job without its event would find nothing.
    """
    row = _row_of(event)
    row.was_missed = was_missed
    with transaction.atomic():
        if not insert_once(row):
            return False
        _ask_for_job(row)
    return True


def process_again(event: StripeEvent) -> None:
    """Let an event that failed, or was ignored, wait anew."""
    with transaction.atomic():
        StripeEvent.objects.filter(pk=event.pk).update(state=State.WAITING, attempts=0, reason="", processed_at=None)
        _ask_for_job(event)


def settle_events(ids: Iterable[str], state: StripeEvent.State, reason: str = "") -> None:
    """Events that wait no more."""
    waiting = StripeEvent.objects.filter(pk__in=list(ids), state=State.WAITING)
    waiting.update(state=state, reason=reason, processed_at=timezone.now())


def _ask_for_job(event: StripeEvent) -> None:
    if event.customer_id:
        follow_events_soon(event.customer_id)
    else:
        place_event_soon(event.stripe_id)


def _read(body: bytes) -> dict[str, Any]:
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise EventRefused from error
    if not isinstance(event, dict) or event.get("object") != "event":
        raise EventRefused
    # An event of the other mode is about money of the other kind: it came to the wrong address.
    if event.get("livemode") is not settings.STRIPE_LIVE_MODE:
        raise EventRefused("This is an event of the other mode.", code="wrong_mode")
    return event


def _row_of(event: dict[str, Any]) -> StripeEvent:
    about = event.get("data") and event["data"].get("object") if isinstance(event.get("data"), dict) else None
    created = event.get("created")
    if not isinstance(about, dict) or type(created) is not int or not 0 < created < 1 << 37:
        raise EventRefused
    return StripeEvent(
        stripe_id=_matching(_EVENT_ID, event.get("id")),
        type=_matching(_TYPE, event.get("type")),
        # `balance.available` and the like are about nothing that has an id.
        object_id=_matching(_EVENT_ID, about["id"]) if "id" in about else "",
        customer_id=_matching(_CUSTOMER_ID, found) if (found := _customer_of(about)) else "",
        created_at=datetime.fromtimestamp(created, UTC),
    )


def _customer_of(about: dict[str, Any]) -> Any:
    """Whose it is, or nothing where the object does not say: a dispute, a refund."""
    if about.get("object") == "customer":
        return about.get("id")
    # One that a single customer may use is not about what they have.
    if about.get("object") == "promotion_code":
        return None
    customer = about.get("customer")
    return customer.get("id") if isinstance(customer, dict) else customer


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise EventRefused
    return value
