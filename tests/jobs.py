"""Doing what waits in the job table, in this process and this transaction: what a worker would do next."""

from __future__ import annotations

import inspect
import json

from django.db import connection
from procrastinate.contrib.django import app


def run_due_jobs(queue: str = "fleet", but: str = "") -> list[str]:
    """Every job of the queue whose time has come, and those that they ask for; returns the names of their tasks."""
    done: list[str] = []
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM procrastinate_jobs WHERE id = (SELECT min(id) FROM procrastinate_jobs WHERE queue_name = %s"
                " AND task_name <> %s AND status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())) RETURNING task_name, args",
                [queue, but],
            )
            row = cursor.fetchone()
        if row is None:
            return done
        name, found = row
        arguments = json.loads(found)
        arguments.pop("request_id", None)
        # Without what is traced around it: that lets go of the connection, which is the test's.
        inspect.unwrap(app.tasks[name].func)(**arguments)
        done.append(name)


def run_waiting_jobs() -> list[str]:
    """Those that decide who is written to; the mails stay in the outbox, to be read there."""
    return run_due_jobs("mail", but="accounts.tasks.deliver_mail")
