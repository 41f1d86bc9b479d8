"""How long to wait before asking a control plane again that did not answer."""

import random
from collections.abc import Callable
from typing import Final

FIRST_S: Final = 0.5
# Whoever lost the control plane is back within a minute of its return, what it asks to wait (`Retry-After`) included.
CAP_S: Final = 45.0


class Backoff:
    """Exponential back-off with full jitter: uniform between 0 and min(cap, 0.5 s x 2^failures).

    The randomness over the whole span is what spreads 2,000 agents that lost the control plane in the same
    second. The first `free` failures in a row cost nothing.
    """

    def __init__(
        self, cap_s: float = CAP_S, uniform: Callable[[float, float], float] = random.uniform, free: int = 0
    ) -> None:
        self._cap_s = cap_s
        self._uniform = uniform
        self._free = free
        self._failures = 0

    def reset(self) -> None:
        """Note a success."""
        self._failures = 0

    def next_delay(self, retry_after_s: float | None = None, slow: bool = False) -> float:
        """Note a failure and return how many seconds to wait.

        `retry_after_s` is what the server asked for: it is waited in full, plus jitter. `slow` is for a
        refusal that only staff can lift: about one cap.
        """
        counted = self._failures - self._free
        span = min(self._cap_s, FIRST_S * 2 ** min(counted, 16)) if counted >= 0 else 0.0
        self._failures += 1
        if slow:
            return self._uniform(0.75, 1.25) * self._cap_s
        return (retry_after_s or 0.0) + self._uniform(0.0, span)
