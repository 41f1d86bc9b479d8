"""Sums that no page waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import OperationalError

from nexusvpn import figures
from nexusvpn.figures import Figures, NotYet


@pytest.fixture(autouse=True)
def _really_behind(monkeypatch: pytest.MonkeyPatch, behind: Callable[[Callable[[], None]], None]) -> None:
    monkeypatch.setattr(figures, "in_background", behind)


class Sum:
    """Gives 1, 2, 3 … when it may, or fails as told."""

    def __init__(self) -> None:
        self.calls = 0
        self.fails_with: Exception | None = None
        self.goes_on = threading.Event()
        self.threads: set[str] = set()

    def __call__(self) -> int:
        assert self.goes_on.wait(10)
        self.threads.add(threading.current_thread().name)
        self.calls += 1
        if self.fails_with is not None:
            raise self.fails_with
        return self.calls


def finished(sums: Figures[int]) -> None:
    assert sums._done.wait(10)


def test_a_quick_sum_is_there_at_once_and_once_in_its_time() -> None:
    add_up = Sum()
    add_up.goes_on.set()
    sums = Figures(add_up, 60)
    assert [sums.get(), sums.get()] == [1, 1]
    assert add_up.threads == {"figures"}


def test_nobody_waits_for_a_slow_sum_longer_than_a_moment_and_it_is_added_up_once() -> None:
    add_up = Sum()
    sums = Figures(add_up, 60)
    started = time.monotonic()
    for _ in range(5):
        with pytest.raises(NotYet):
            sums.get()
    assert time.monotonic() - started < figures.PATIENCE_S + 1
    add_up.goes_on.set()
    finished(sums)
    assert (sums.get(), add_up.calls) == (1, 1)


def test_the_former_sum_is_shown_while_a_new_one_is_added_up() -> None:
    add_up = Sum()
    add_up.goes_on.set()
    sums = Figures(add_up, 60)
    assert sums.get() == 1
    add_up.goes_on.clear()
    sums._until = 0.0
    assert [sums.get(), sums.get()] == [1, 1]
    add_up.goes_on.set()
    finished(sums)
    assert sums.get() == 2


@pytest.mark.parametrize("fault", [OperationalError("gone"), ValueError("a bug")])
def test_what_failed_is_tried_again_after_a_while_and_not_for_each_who_looks(fault: Exception) -> None:
    add_up = Sum()
    add_up.fails_with = fault
    add_up.goes_on.set()
    sums = Figures(add_up, 600)
    for _ in range(3):
        with pytest.raises(NotYet):
            sums.get()
        finished(sums)
    assert add_up.calls == 1
    assert sums._until - time.monotonic() <= figures.AGAIN_S
    add_up.fails_with, sums._until = None, 0.0
    assert sums.get() == 2


def test_one_sum_at_a_time_is_asked_of_the_database() -> None:
    slow, quick = Sum(), Sum()
    quick.goes_on.set()
    first, second = Figures(slow, 60), Figures(quick, 60)
    for sums in (first, second):
        with pytest.raises(NotYet):
            sums.get()
    assert quick.calls == 0
    slow.goes_on.set()
    finished(second)
    assert second.get() == 1
