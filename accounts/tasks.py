"""Periodic work on accounts."""

from __future__ import annotations

from procrastinate.contrib.django import app

from accounts.services.sign_in import forget_old_history
from accounts.session_store import SessionStore
from nexusvpn.jobs import traced


@app.periodic(cron="17 * * * *")
@app.task(queue="periodic", queueing_lock="forget-ended-sessions")
@traced
def forget_ended_sessions(timestamp: int) -> None:
    SessionStore.clear_expired()


@app.periodic(cron="47 3 * * *")
@app.task(queue="periodic", queueing_lock="forget-login-history")
@traced
def forget_login_history(timestamp: int) -> None:
    forget_old_history()
