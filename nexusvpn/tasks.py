"""Periodic work of the kernel."""

from __future__ import annotations

from procrastinate.contrib.django import app

from nexusvpn.counters import forget_old_counters
from nexusvpn.jobs import forget_ended_jobs, traced
from nexusvpn.stalled_jobs import retry_stalled_jobs


@app.periodic(cron="7 * * * *")
@app.task(queue="periodic", queueing_lock="forget-counters")
@traced
def forget_counters(timestamp: int) -> None:
    forget_old_counters()


@app.periodic(cron="37 * * * *")
@app.task(queue="periodic", queueing_lock="forget-ended-jobs")
@traced
def forget_jobs(timestamp: int) -> None:
    forget_ended_jobs()


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="retry-stalled-jobs")
@traced
def retry_stalled(timestamp: int) -> None:
    retry_stalled_jobs()
