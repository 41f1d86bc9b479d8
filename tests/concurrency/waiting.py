"""Waiting for what other connections do, without guessing how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import connection


def until(come_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not come_true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def waiting() -> int:
    """How many connections wait for a lock; within a transaction the view is otherwise what it was at first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])
