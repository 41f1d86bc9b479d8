"""Periodic work on accounts."""

from __future__ import annotations

from procrastinate.contrib.django import app

from accounts.session_store import SessionStore
from nexusvpn.jobs import traced


@app.periodic(cron="17 * * * *")
@app.task(queue="periodic", queueing_lock="forget-ended-sessions")
@traced
def forget_ended_sessions(timestamp: int) -> None:
    SessionStore.clear_expired()
