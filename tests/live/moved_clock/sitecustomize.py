"""Loaded by every Python program whose PYTHONPATH names this folder: its clock is ahead by the seconds in CLOCK_FILE.

Whenever the file changes, the clock does. PostgreSQL's own clock is not moved: what only it compares goes on as it is.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

FILE = Path(os.environ["CLOCK_FILE"])
LOOK_EVERY_S = 0.1


def _ahead() -> int:
    return int(FILE.read_text() or 0) if FILE.exists() else 0


class Clock:
    def __init__(self) -> None:
        self._ahead = _ahead()
        start = datetime.now(UTC) + timedelta(seconds=self._ahead)
        self._travel = time_machine.travel(start, tick=True).start()
        self.follow()
        # A thread does not go along into a child.
        os.register_at_fork(after_in_child=self.follow)

    def follow(self) -> None:
        threading.Thread(target=self._run, name="moved clock", daemon=True).start()

    def _run(self) -> None:
        while True:
            ahead = _ahead()
            if ahead != self._ahead:
                self._travel.shift(timedelta(seconds=ahead - self._ahead))
                self._ahead = ahead
            time.sleep(LOOK_EVERY_S)


Clock()
