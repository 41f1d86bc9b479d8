"""Periodic work on plans."""

from __future__ import annotations

from procrastinate.contrib.django import app

from billing.services.grants import notice_ended_grants
from nexusvpn.jobs import traced


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
