"""Counting what simulated agents ask, and what they are answered."""

import threading
import time
from collections import Counter
from typing import Any

from vpn.agent.control import Aborted, ControlClient, ControlError, Refused

# A request that hangs for this long over a connection that stands is one that the control plane has taken.
HANGS_S = 1.0


class Tally:
    """All requests of the fleet. `per_second` counts them by the second since the start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.started_at = time.monotonic()
        self.per_second: Counter[int] = Counter()
        self.requests: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()

    def ask(self, name: str) -> None:
        """Count a request."""
        with self._lock:
            self.requests[name] += 1
            self.per_second[int(time.monotonic() - self.started_at)] += 1

    def fail(self, error: ControlError) -> None:
        """Count a request that gave nothing to act upon, by the code of its refusal or the kind of its failure."""
        with self._lock:
            self.errors[error.code if isinstance(error, Refused) else type(error).__name__] += 1


class CountingClient(ControlClient):
    """The agent's own client, watched. Times are of the monotonic clock."""

    def __init__(self, base_url: str, credential: str, tally: Tally) -> None:
        super().__init__(base_url, credential)
        self._tally = tally
        self._asked_at: float | None = None
        self._is_fine = False
        self.answered_at = 0.0

    @property
    def is_fine(self) -> bool:
        """Tell whether the last question was answered, or hangs where it should."""
        asked_at = self._asked_at
        hangs = asked_at is not None and self._connection is not None and time.monotonic() - asked_at > HANGS_S
        return hangs or self._is_fine

    def _call(self, method: str, path: str, body: bytes | None, timeout_s: float) -> dict[str, Any]:
        self._asked_at = time.monotonic()
        self._tally.ask(path.partition("?")[0])
        try:
            data = super()._call(method, path, body, timeout_s)
        except ControlError as error:
            self._is_fine = False
            if not isinstance(error, Aborted):
                self._tally.fail(error)
            raise
        finally:
            self._asked_at = None
        self._is_fine, self.answered_at = True, time.monotonic()
        return data
