"""Work on plans and payments that nobody waits for."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from billing.services import erasure, failures, leaving, retention
from billing.services.dunning import look, look_at_all_due
from billing.services.grants import notice_ended_grants
from billing.services.ledger_days import add_up_finished_days
from billing.services.orders import finish_open_orders
from billing.services.placing import place
from billing.services.plans import tell_holders
from billing.services.recurring_months import count_recurring_months
from billing.services.sync import sync_customer
from billing.services.unasked import ask_for_unasked
from nexusvpn.jobs import traced

RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)
# One run at a time: with Stripe away, each would keep one of the worker's places for half a minute.
ORDERS = "finish-orders"


@app.task(queue="fleet")
@traced
def notice_ended() -> None:
    notice_ended_grants()


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="notice-ended-grants")
@traced
def notice_every_ended(timestamp: int) -> None:
    """What a job at the grant's own time should have done and did not."""
    notice_ended_grants()


@app.task(queue="fleet", retry=RETRY)
@traced
def tell_holders_of(plan_id: int, after: str | None) -> None:
    tell_holders(plan_id=plan_id, after=None if after is None else UUID(after))


@app.task(queue="payments")
@traced
def sync(customer_id: str, attempt: int = 0) -> None:
    """Not repeated by the queue: one that waits to be repeated would hold up what is asked for at once."""
    with failures.recorded(customer_id, attempt):
        sync_customer(customer_id)


@app.task(queue="payments")
@traced
def follow_events(customer_id: str) -> None:
    with failures.recorded(customer_id):
        sync_customer(customer_id, for_events=True)


@app.task(queue="payments")
@traced
def place_event(event_id: str, attempt: int = 0) -> None:
    with failures.recorded_at_event(event_id, attempt):
        place(event_id)


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="ask-for-unasked")
@traced
def ask_for_every_unasked(timestamp: int) -> None:
    """Events that wait while nobody was asked to act on them."""
    ask_for_unasked()


@app.task(queue="payments", lock=ORDERS)
@traced
def finish_orders() -> None:
    finish_open_orders()


@app.periodic(cron="* * * * *")
@app.task(queue="payments", queueing_lock="finish-open-orders", lock=ORDERS)
@traced
def finish_every_order(timestamp: int) -> None:
    """What could not be done when it was decided."""
    finish_open_orders()


@app.task(queue="fleet", retry=RETRY)
@traced
def look_at(subscription_id: str) -> None:
    look(subscription_id)


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="look-at-subscriptions")
@traced
def look_at_every_due(timestamp: int) -> None:
    look_at_all_due()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="periodic", queueing_lock="end-what-the-leaving-pay")
@traced
def end_what_the_leaving_pay(timestamp: int) -> None:
    leaving.end_what_the_leaving_pay()


@app.periodic(cron="23 3 * * *")
@app.task(queue="periodic", queueing_lock="forget-old-records")
@traced
def forget_old_records(timestamp: int) -> None:
    retention.forget_old_records()
    erasure.erase_what_came_later()


@app.periodic(cron="5 * * * *")
@app.task(queue="periodic", queueing_lock="add-up-ledger")
@traced
def add_up_ledger(timestamp: int) -> None:
    add_up_finished_days()


# It reads every invoice there is, which takes a minute where there are a million.
@app.periodic(cron="*/30 * * * *")
@app.task(queue="periodic", queueing_lock="count-recurring")
@traced
def count_recurring(timestamp: int) -> None:
    count_recurring_months()
