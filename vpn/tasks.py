"""Periodic work on the fleet."""

from __future__ import annotations

from procrastinate.contrib.django import app

from nexusvpn.jobs import traced
from vpn.services.nodes import mark_silent_servers


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="mark-silent-servers")
@traced
def mark_silent(timestamp: int) -> None:
    mark_silent_servers()
