"""Work on plans that nobody waits for."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from billing.services import erasure, leaving, retention
from billing.services.grants import notice_ended_grants
from billing.services.plans import tell_holders
from nexusvpn.jobs import traced

RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


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
