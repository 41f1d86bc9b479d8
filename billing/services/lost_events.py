"""Events that Stripe could not deliver: found in its own list, taken in, and acted on."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from billing.gateway.client import Object, Stripe
from billing.gateway.errors import EventRefused
from billing.models import Discrepancy, StripeCustomer, StripeEvent
from billing.services.comparing import WITHIN_S, Comparison, in_batches
from billing.services.discrepancies import heal, report
from billing.services.events import keep_event
from billing.services.failures import recorded, recorded_at_event
from billing.services.placing import place
from billing.services.sync import sync_customer
from nexusvpn.logs import logger

# What an endpoint at Stripe must be told of for us: https://docs.stripe.com/api/events/types
FOLLOWED = (
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.failed",
    "charge.refunded",
    "charge.succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "coupon.created",
    "coupon.deleted",
    "coupon.updated",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.finalized",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.updated",
    "invoice.voided",
    "promotion_code.created",
    "promotion_code.updated",
    "refund.failed",
    "refund.updated",
)
# A delivery that failed is tried again by Stripe for days; a list of an hour ago may lack one that took its time.
OVERLAP = timedelta(hours=2)
# Stripe keeps events for 30 days: https://docs.stripe.com/api/events
KEPT = timedelta(days=29)
Kind, State = Discrepancy.Kind, StripeEvent.State
log = logger(__name__)


def find_lost_events(comparison: Comparison) -> datetime:
    """Take in what was never delivered and do what follows from it; returns how far it came. Raises PaymentsUnavailable."""
    _heal_processed()
    since = comparison.begin(OVERLAP, KEPT)
    if since is None:
        return comparison.now
    with Stripe(within_s=WITHIN_S, retries=2) as api:
        bounds = {"created": {"gte": int(since.timestamp())}}
        listed = api.each(lambda v1, page: v1.events.list(page), **bounds)
        # All of the list before anything is done about it: what is done takes time, and the list's pages follow one another.
        lost = [event for batch in in_batches(listed) for event in _unknown(batch, comparison)]
    for event in reversed(lost):
        _take_in(event, comparison)
    _process(comparison)
    _heal_processed()
    return comparison.now


def _unknown(batch: list[Object], comparison: Comparison) -> list[Object]:
    comparison.compared += len(batch)
    known = set(StripeEvent.objects.filter(pk__in=[event["id"] for event in batch]).values_list("pk", flat=True))
    return [
        event
        for event in batch
        if event["type"] in FOLLOWED and event["id"] not in known and not comparison.is_too_new(event["created"])
    ]


def _take_in(event: Object, comparison: Comparison) -> None:
    """The event and its difference together: a run that is killed in between would not be heard of."""
    try:
        with transaction.atomic():
            if not keep_event(event, was_missed=True):
                return
            row = StripeEvent.objects.get(pk=event["id"])
            customer = StripeCustomer.objects.filter(pk=row.customer_id).select_related("user").first()
            # Of somebody else's customer nothing follows.
            if customer is not None or not row.customer_id:
                user = customer.user if customer else None
                report(Kind.LOST_EVENT, row.pk, user=user, details={"type": row.type, "about": row.object_id})
                comparison.differences += 1
    except EventRefused:
        log.error("event_not_understood", id=event["id"])


def _process(comparison: Comparison) -> None:
    """What the jobs would do that were asked for; so that at the end of the run it is known what heals and what does not."""
    missed = StripeEvent.objects.filter(was_missed=True, state=State.WAITING)
    for event_id in list(missed.filter(customer_id="").values_list("pk", flat=True)):
        with comparison.one_of_many(event_id), recorded_at_event(event_id):
            place(event_id)
    for customer_id in set(missed.exclude(customer_id="").values_list("customer_id", flat=True)):
        with comparison.one_of_many(customer_id), recorded(customer_id):
            sync_customer(customer_id, for_events=True)


def _heal_processed() -> None:
    waiting = Discrepancy.objects.filter(kind=Kind.LOST_EVENT, healed_at=None).values_list("object_id", flat=True)
    over = StripeEvent.objects.filter(pk__in=list(waiting), state__in=(State.DONE, State.IGNORED))
    for event_id in over.values_list("pk", flat=True):
        heal(Kind.LOST_EVENT, event_id)
