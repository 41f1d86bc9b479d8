"""Customers, staff, jobs and nodes at once: whatever the order, the books are right and nobody meets an error of ours."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from nexusvpn.errors import DomainError
from tests.concurrency.fleet import Fleet, act_by_chance, make_fleet
from tests.invariants import assert_invariants

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
CROWD = 6
ACTS_EACH = 2
ROUNDS_A_FLEET = 20
FLEETS = 10


class Crowd:
    """The same threads for all rounds, each with its own connection."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._threads = ThreadPoolExecutor(size)
        self._barrier = Barrier(size)

    def play(self, fleet: Fleet, seed: int) -> list[str]:
        """One round; returns the failures that nobody may meet, each with what was done and where it broke."""
        rounds = [self._threads.submit(self._act, fleet, Random(f"{seed}/{number}")) for number in range(self._size)]
        return [failure for done in rounds for failure in done.result(60)]

    def _act(self, fleet: Fleet, chance: Random) -> list[str]:
        failures = []
        self._barrier.wait(30)
        for _ in range(ACTS_EACH):
            try:
                act_by_chance(fleet, chance)
            except DomainError:
                pass
            except Exception as error:  # noqa: BLE001  (whatever it is, it is the finding)
                failures.append("".join(traceback.format_exception(error)))
        return failures

    def end(self) -> None:
        for done in [self._threads.submit(self._leave) for _ in range(self._size)]:
            done.result(30)
        self._threads.shutdown()

    def _leave(self) -> None:
        self._barrier.wait(30)
        connection.close()


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    made = Crowd(CROWD)
    yield made
    made.end()


@pytest.mark.parametrize("number", range(FLEETS))
def test_any_acts_at_once_keep_the_books_and_meet_no_error(crowd: Crowd, number: int, settings: Any) -> None:
    settings.ADDRESS_QUARANTINE_S = 0
    fleet = make_fleet(str(number))
    for round_number in range(ROUNDS_A_FLEET):
        seed = number * 1000 + round_number
        failures = crowd.play(fleet, seed)
        assert not failures, f"seed {seed}: " + "\n".join(failures)
        assert_invariants()
