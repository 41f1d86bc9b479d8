"""Whose an event is that does not say it: of a dispute, a refund, a product. Coupons are everybody's and are looked at here."""

from __future__ import annotations

from django.db import transaction

from billing.deferred import follow_events_soon
from billing.gateway.client import JOB_S, Stripe
from billing.gateway.errors import GatewayMissing
from billing.gateway.fetch import customer_of
from billing.models import StripeEvent
from billing.services.coupons_sync import follow_discount, is_about_discounts
from billing.services.events import settle_events

State = StripeEvent.State


def place(event_id: str) -> None:
    """Ask Stripe for the customer of the event's object, and for their sync; what is about nobody is ignored, but for discounts."""
    event = StripeEvent.objects.filter(pk=event_id, state=State.WAITING, customer_id="").first()
    if event is None:
        return
    if is_about_discounts(event.type):
        follow_discount(event.type, event.object_id)
        settle_events([event_id], State.DONE)
        return
    try:
        with Stripe(within_s=JOB_S) as api:
            customer_id = customer_of(api, event.type, event.object_id)
    except GatewayMissing:
        customer_id = ""
    if not customer_id:
        settle_events([event_id], State.IGNORED, "about no customer")
        return
    with transaction.atomic():
        StripeEvent.objects.filter(pk=event_id).update(customer_id=customer_id)
        follow_events_soon(customer_id)
