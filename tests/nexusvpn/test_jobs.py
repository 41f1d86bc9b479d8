"""Jobs that are over are forgotten, with the addresses and texts in them; those to come never are."""

from __future__ import annotations

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from accounts.services.outbox import queue_mail
from nexusvpn.jobs import forget_ended_jobs
from nexusvpn.local.stack import WORKERS

pytestmark = pytest.mark.django_db


def job(status: str, hours_ago: float) -> int:
    """A mail's job that came to this status so many hours ago."""
    queue_mail("welcome", "dora@example.com", {"name": "Dora"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM procrastinate_jobs")
        (number,) = cursor.fetchone()
        cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, number])
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - make_interval(mins => %s) WHERE job_id = %s",
            [int(hours_ago * 60), number],
        )
    return int(number)


@pytest.mark.parametrize(
    ("status", "hours_ago", "kept"),
    [
        ("succeeded", 23.9, True),
        ("succeeded", 24.1, False),
        ("cancelled", 24.1, False),
        ("aborted", 24.1, False),
        ("failed", 24.1, True),
        ("failed", 719.9, True),
        ("failed", 720.1, False),
        ("todo", 10_000, True),
        ("doing", 10_000, True),
    ],
)
def test_a_job_is_kept_for_its_time(status: str, hours_ago: float, kept: bool) -> None:
    job(status, hours_ago)
    assert forget_ended_jobs() == (0 if kept else 1)
    assert ProcrastinateJob.objects.exists() is kept


def test_what_is_forgotten_leaves_no_trace() -> None:
    gone, there = job("succeeded", 48), job("todo", 48)
    forget_ended_jobs()
    assert [each.pk for each in ProcrastinateJob.objects.all()] == [there]
    assert not ProcrastinateEvent.objects.filter(job_id=gone).exists()


def test_every_job_is_in_a_queue_that_a_worker_looks_at() -> None:
    looked_at = {queue for queues in WORKERS.values() for queue in queues}
    assert {task.queue for task in app.tasks.values()} - {"builtin"} == looked_at
