"""One answer for everybody who asks within a moment, computed once in each process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from nexusvpn.db import is_lost_database
from nexusvpn.logs import logger

Kind = TypeVar("Kind")
log = logger(__name__)


class Kept(Generic[Kind]):
    """Calls `compute` at most once in `seconds`. While one caller computes, the others get the former answer, where there is one.

    With the database away the former answer goes on: what it says was true when it was computed, and it must say when that was.
    """

    def __init__(self, compute: Callable[[], Kind], seconds: float) -> None:
        self._compute = compute
        self._seconds = seconds
        self._computing = threading.Lock()
        self._answer: Kind | None = None
        self._until = 0.0

    def get(self) -> Kind:
        answer = self._answer
        if answer is not None and (time.monotonic() < self._until or self._computing.locked()):
            return answer
        with self._computing:
            if self._answer is None or time.monotonic() >= self._until:
                self._renew()
            assert self._answer is not None
            return self._answer

    def _renew(self) -> None:
        try:
            self._answer = self._compute()
        except Exception as error:
            if self._answer is None or not is_lost_database(error):
                raise
            log.warning("former_answer_goes_on", error=type(error).__name__)
        finally:
            self._until = time.monotonic() + self._seconds
