"""An answer that serves everybody for a moment."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from django.db import OperationalError

from nexusvpn.kept import Kept


class Counting:
    """Gives 1, 2, 3 …; or fails as told."""

    def __init__(self) -> None:
        self.calls = 0
        self.fails_with: Exception | None = None
        self.goes_on = threading.Event()
        self.goes_on.set()

    def __call__(self) -> int:
        assert self.goes_on.wait(10)
        self.calls += 1
        if self.fails_with is not None:
            raise self.fails_with
        return self.calls


def test_it_is_computed_once_in_its_time() -> None:
    compute = Counting()
    kept = Kept(compute, 0.05)
    assert [kept.get(), kept.get()] == [1, 1]
    time.sleep(0.06)
    assert [kept.get(), kept.get()] == [2, 2]


def test_while_one_computes_the_others_get_the_former_answer_at_once() -> None:
    compute = Counting()
    kept = Kept(compute, 0.0)
    kept.get()
    compute.goes_on.clear()
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(kept.get()))
    thread.start()
    while not kept._computing.locked():
        time.sleep(0.001)
    started = time.monotonic()
    assert kept.get() == 1
    assert time.monotonic() - started < 1
    compute.goes_on.set()
    thread.join(10)
    assert answers == [2]


def test_those_who_come_before_the_first_answer_wait_for_one_computation() -> None:
    compute = Counting()
    compute.goes_on.clear()
    kept = Kept(compute, 10)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(kept.get())) for _ in range(8)]
    for thread in threads:
        thread.start()
    compute.goes_on.set()
    for thread in threads:
        thread.join(10)
    assert answers == [1] * 8


def test_with_the_database_away_the_former_answer_goes_on() -> None:
    compute = Counting()
    kept = Kept(compute, 0.0)
    assert kept.get() == 1
    compute.fails_with = OperationalError("gone")
    compute.fails_with.__cause__ = psycopg.OperationalError("gone")
    assert [kept.get(), kept.get()] == [1, 1]
    compute.fails_with = None
    assert kept.get() == 4


@pytest.mark.parametrize("fault", [OperationalError("gone"), ValueError("a bug")])
def test_without_a_former_answer_the_fault_is_told_and_a_bug_always_is(fault: Exception) -> None:
    compute = Counting()
    compute.fails_with = fault
    kept = Kept(compute, 0.0)
    with pytest.raises(type(fault)):
        kept.get()
    compute.fails_with = None
    kept.get()
    compute.fails_with = ValueError("a bug")
    with pytest.raises(ValueError, match="a bug"):
        kept.get()
