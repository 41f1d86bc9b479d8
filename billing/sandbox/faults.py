"""Faults on demand: what a client must survive, for the next `count` calls of the API."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from billing.sandbox.errors import StripeError

# timeout: nothing is done, and nothing answered for `seconds`. slow: done and answered, after `seconds`.
# 429 and 500: nothing is done. drop: everything is done, and the connection is cut before the answer.
MODES = ("timeout", "slow", "429", "500", "drop")


@dataclass
class Fault:
    """`path` limits it to addresses that begin so."""

    mode: str
    count: int = 1
    path: str = "/v1/"
    seconds: float = 30.0


class Dropped(Exception):
    """The connection is cut without an answer."""


class Faults:
    """Those that are still to come, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._coming: list[Fault] = []
        # Set when the server stops: nobody waits for a fault to end then.
        self.over = threading.Event()

    def set_fault(self, fault: Fault) -> None:
        """Adds a fault; a count of 0 ends all that are to come."""
        if fault.mode not in MODES:
            raise StripeError(f"Invalid mode: must be one of {', '.join(MODES)}", param="mode")
        with self._lock:
            self._coming = [*self._coming, fault] if fault.count > 0 else []

    def before(self, path: str) -> Fault | None:
        """The fault that meets this call, after those that act before anything is done have acted."""
        fault = self._take(path)
        if fault is None:
            return None
        if fault.mode == "429":
            raise StripeError("Request rate limit exceeded.", status=429, code="rate_limit")
        if fault.mode == "500":
            raise StripeError("An unknown error occurred", status=500, type="api_error")
        if fault.mode in ("timeout", "slow"):
            self.over.wait(fault.seconds)
        if fault.mode == "timeout":
            raise Dropped
        return fault

    def _take(self, path: str) -> Fault | None:
        with self._lock:
            fault = next((one for one in self._coming if path.startswith(one.path)), None)
            if fault:
                fault.count -= 1
                if not fault.count:
                    self._coming.remove(fault)
            return fault
