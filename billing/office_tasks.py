"""Work of the back office: comparing with Stripe, and bringing prices there. In the queue of payments, since it waits for Stripe."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from billing.gateway.client import sells
from billing.models import ReconcileRun
from billing.services import reconcile, stored_comparison
from billing.services.catalogue import push_catalogue
from billing.services.coupon_requests import ask_for_discounts as ask_for_waiting_discounts
from billing.services.coupons_sync import follow_discounts as follow_all_discounts
from nexusvpn.jobs import traced

Kind = ReconcileRun.Kind
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)
# One run at a time, whoever asked for it.
LOCK = "reconcile"
DISCOUNTS = "discounts"


@app.periodic(cron="7 * * * *")
@app.task(queue="payments", queueing_lock="find-lost-events", lock=LOCK)
@traced
def find_lost_events(timestamp: int) -> None:
    reconcile.compare(Kind.EVENTS)


@app.periodic(cron="37 * * * *")
@app.task(queue="payments", queueing_lock="compare-customers", lock=LOCK)
@traced
def compare_customers(timestamp: int) -> None:
    """Every hour those whose day is over."""
    reconcile.compare(Kind.SUBSCRIPTIONS)


@app.periodic(cron="52 2 * * *")
@app.task(queue="payments", queueing_lock="compare-ledger", lock=LOCK)
@traced
def compare_ledger(timestamp: int) -> None:
    reconcile.compare(Kind.LEDGER)


@app.task(queue="payments", lock=LOCK)
@traced
def compare(kind: str) -> None:
    """Because staff wanted it now."""
    reconcile.compare(Kind(kind))


@app.task(queue="payments", retry=RETRY)
@traced
def compare_customer(customer_id: str) -> None:
    stored_comparison.compare_customer(customer_id)


@app.task(queue="payments", retry=RETRY)
@traced
def push_prices() -> None:
    if sells():
        push_catalogue()


@app.task(queue="payments", lock=DISCOUNTS)
@traced
def ask_for_discounts() -> None:
    ask_for_waiting_discounts()


@app.periodic(cron="* * * * *")
@app.task(queue="payments", queueing_lock="ask-for-every-discount", lock=DISCOUNTS)
@traced
def ask_for_every_discount(timestamp: int) -> None:
    """What could not be done when it was decided."""
    ask_for_waiting_discounts()


@app.periodic(cron="17 * * * *")
@app.task(queue="payments", queueing_lock="follow-discounts", lock=DISCOUNTS)
@traced
def follow_discounts(timestamp: int) -> None:
    """What was made or changed at Stripe and of which no event came, and how often each was used."""
    follow_all_discounts()
