"""Periodic work of referrals and campaigns."""

from __future__ import annotations

from procrastinate.contrib.django import app

from nexusvpn.jobs import traced
from referrals.services import campaigns


@app.periodic(cron="52 3 * * *")
@app.task(queue="periodic", queueing_lock="forget-who-signed-up")
@traced
def forget_who_signed_up(timestamp: int) -> None:
    campaigns.forget_who_signed_up()
