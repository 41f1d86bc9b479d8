"""A job whose worker is gone is done by another one; what it locked is free again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from nexusvpn import stalled_jobs
from nexusvpn.one_by_one import one_by_one
from nexusvpn.stalled_jobs import BEGUN_AT_MOST, SILENT_S, retry_stalled_jobs
from nexusvpn.tasks import retry_stalled

pytestmark = pytest.mark.django_db


def worker(silent_s: float = 0) -> int:
    """One that last said so many seconds ago that it lives."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT procrastinate_register_worker_v1()")
        (number,) = cursor.fetchone()
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - make_interval(secs => %s) WHERE id = %s",
            [silent_s, number],
        )
    return int(number)


def defer(lock: str | None = None, queueing_lock: str | None = None) -> int:
    return int(app.configure_task("tests.work", queue="periodic", lock=lock, queueing_lock=queueing_lock).defer())


def fetch(by: int) -> int | None:
    """The job that this worker begins."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", [by])
        (number,) = cursor.fetchone()
    return number if number is None else int(number)


def status(job: int) -> str:
    return str(ProcrastinateJob.objects.get(pk=job).status)


def test_what_a_dead_worker_had_begun_is_begun_by_another() -> None:
    dead, alive = worker(SILENT_S + 1), worker()
    job, other = defer(lock="books"), defer(lock="books")
    assert fetch(dead) == job
    # The lock is held by nobody who lives.
    assert fetch(alive) is None
    retry_stalled.func.__wrapped__(timestamp=0)
    assert fetch(alive) == job
    assert ProcrastinateJob.objects.get(pk=job).attempts == 1
    assert status(other) == "todo"


def test_what_a_living_worker_does_is_left_to_it() -> None:
    job = defer()
    assert fetch(worker(SILENT_S - 5)) == job
    assert retry_stalled_jobs() == 0
    assert status(job) == "doing"


def test_of_two_who_look_at_once_the_second_leaves_it_to_the_worker_that_begins_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job, dead, alive = defer(), worker(SILENT_S + 1), worker()
    fetch(dead)

    def after_the_other(act: Callable[[int], bool], found: Iterable[int]) -> list[bool]:
        ids = list(found)
        monkeypatch.setattr(stalled_jobs, "one_by_one", one_by_one)
        assert retry_stalled_jobs() == 1
        assert fetch(alive) == job
        return [act(each) for each in ids]

    monkeypatch.setattr(stalled_jobs, "one_by_one", after_the_other)
    assert retry_stalled_jobs() == 0
    found = ProcrastinateJob.objects.get(pk=job)
    assert (found.status, found.attempts) == ("doing", 1)


def test_a_worker_that_was_forgotten_is_gone_too() -> None:
    job, gone = defer(), worker()
    fetch(gone)
    with connection.cursor() as cursor:
        cursor.execute("SELECT procrastinate_unregister_worker_v1(%s)", [gone])
    assert retry_stalled_jobs() == 1
    assert status(job) == "todo"


def test_one_whose_like_waits_already_is_over() -> None:
    dead = worker(SILENT_S + 1)
    job = defer(queueing_lock="once")
    fetch(dead)
    like, third = defer(queueing_lock="once"), defer()
    assert fetch(dead) == like
    again = defer(queueing_lock="once")
    assert retry_stalled_jobs() == 0
    assert [status(each) for each in (job, like, again, third)] == ["aborted", "aborted", "todo", "todo"]


def test_one_that_takes_every_worker_with_it_is_given_up() -> None:
    job = defer()
    for _ in range(BEGUN_AT_MOST):
        assert fetch(worker(SILENT_S + 1)) == job
        assert retry_stalled_jobs() == 1
    fetch(worker(SILENT_S + 1))
    assert retry_stalled_jobs() == 0
    assert status(job) == "failed"
