"""The thread that completes handovers as soon as their new keys are in use."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from typing import Final

from vpn.agent.backends.base import BackendError
from vpn.agent.ear import HandshakeEar
from vpn.agent.files import StateDirError
from vpn.agent.logs import log_event, log_failure
from vpn.agent.node import Node
from vpn.agent.tools import ToolError

# A look reads the whole interface, with 10,000 peers about 4 MB: not more often than this in any second.
LOOKS: Final = 5
WINDOW_S: Final = 1.0
# What is heard is the first message of three. WireGuard takes a moment to check it, and more on a busy machine; the
# third one follows after a round trip, and with it what the client has to send.
ECHOES_S: Final = (0.005, 0.02, 0.05, 0.12, 0.3)


class Pace:
    """When to look: soon and often after something was heard, rarely otherwise, and never too often.

    Times are in seconds of the monotonic clock. `idle_s` is how long to wait when nothing is heard. On a busy node,
    where one handshake follows the other and nearly all are of other customers, looks are spaced evenly.
    """

    def __init__(self, idle_s: float) -> None:
        self._idle_s = idle_s
        self._looks: deque[float] = deque(maxlen=LOOKS)
        self._alone_at = float("-inf")
        self._crowded_at = float("-inf")

    def heard(self, now: float) -> None:
        """Note that a handshake has begun."""
        if now - max(self._alone_at, self._crowded_at) < WINDOW_S:
            self._crowded_at = now
        else:
            self._alone_at = now

    def looked(self, now: float) -> None:
        """Note a look."""
        self._looks.append(now)

    def next_look(self) -> float:
        """Return when the next look is due."""
        if not self._looks:
            return float("-inf")
        last = self._looks[-1]
        if last - self._crowded_at < WINDOW_S:
            due = last + WINDOW_S / LOOKS
        else:
            echoes = (self._alone_at + echo_s for echo_s in ECHOES_S)
            due = min([last + self._idle_s, *(echo for echo in echoes if echo > last)])
        return max(due, self._looks[0] + WINDOW_S) if len(self._looks) == LOOKS else due


class HandoverWatch(threading.Thread):
    """Idle, and deaf, while no handover is under way."""

    def __init__(self, node: Node, completed: Callable[[], None]) -> None:
        super().__init__(name="handovers", daemon=True)
        self._node = node
        self._completed = completed
        self._stopping = False

    def stop(self) -> None:
        """End the thread at the next opportunity."""
        self._stopping = True
        self._node.handing_over.set()

    def run(self) -> None:
        """Wait for a handover, watch over it, wait for the next one."""
        while not self._stopping:
            self._node.handing_over.wait()
            with closing(HandshakeEar()) as ear:
                self._watch(ear, Pace(WINDOW_S / LOOKS if ear.is_deaf else WINDOW_S))

    def _watch(self, ear: HandshakeEar, pace: Pace) -> None:
        while self._node.handing_over.is_set() and not self._stopping:
            now = time.monotonic()
            wait_s = pace.next_look() - now
            if wait_s > 0:
                if ear.wait(wait_s):
                    pace.heard(time.monotonic())
                continue
            self._look()
            pace.looked(time.monotonic())

    def _look(self) -> None:
        try:
            if self._node.look_at_handovers():
                self._completed()
        except (BackendError, ToolError, StateDirError) as error:
            log_event("handover_failed", level=logging.ERROR, detail=str(error))
        except Exception as error:  # noqa: BLE001 (a full disk or a bug must not end the watching for good)
            log_failure("handover_failed", error)
