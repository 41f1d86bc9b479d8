"""Periodic work of the kernel."""

from __future__ import annotations

from procrastinate.contrib.django import app

from nexusvpn.counters import forget_old_counters
from nexusvpn.jobs import traced


@app.periodic(cron="7 * * * *")
@app.task(queue="periodic", queueing_lock="forget-counters")
@traced
def forget_counters(timestamp: int) -> None:
    forget_old_counters()
