"""Sums over everything there is, which may take many seconds: added up behind the pages that show them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connections

from nexusvpn.db import is_lost_database
from nexusvpn.kept import Kept
from nexusvpn.logs import logger

Kind = TypeVar("Kind")
log = logger(__name__)
# A page waits for a sum that is quick; then it shows the former one, which says of when it is, or none.
PATIENCE_S = 0.5
# What failed is tried again so soon, and not for each who looks.
AGAIN_S = 60.0
_one_at_a_time = threading.Lock()


class NotYet(Exception):
    """There is no sum to show; somebody who asks in a minute may get it."""


class Figures(Kept[Kind]):
    """A `Kept` that computes in a thread of its own, so that nobody who asks waits for longer than a moment."""

    def __init__(self, compute: Callable[[], Kind], seconds: float) -> None:
        super().__init__(compute, seconds)
        self._done = threading.Event()
        self._started = 0.0

    def get(self) -> Kind:
        """Raises NotYet."""
        if time.monotonic() >= self._until and self._computing.acquire(blocking=False):
            self._done.clear()
            self._started = time.monotonic()
            in_background(self._add_up)
        if not self._done.is_set():
            self._done.wait(max(0.0, self._started + PATIENCE_S - time.monotonic()))
        if self._answer is None:
            raise NotYet
        return self._answer

    def _add_up(self) -> None:
        # The database adds up one thing at a time: what staff look at is not what customers shall wait for.
        with _one_at_a_time:
            try:
                self._answer = self._compute()
                self._until = time.monotonic() + self._seconds
            except Exception as error:  # noqa: BLE001  (nobody waits for it who could be told)
                self._until = time.monotonic() + min(self._seconds, AGAIN_S)
                say = log.warning if is_lost_database(error) else log.exception
                say("figures_not_added_up", error=type(error).__name__)
            finally:
                self._done.set()
                self._computing.release()


def in_background(work: Callable[[], None]) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    threading.Thread(target=run, name="figures", daemon=True).start()
