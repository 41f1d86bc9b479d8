"""The sandbox's time: the machine's, plus what it was advanced by."""

from __future__ import annotations

import time
from calendar import monthrange
from datetime import UTC, datetime, timedelta

MINUTE, HOUR, DAY = 60, 3600, 86400


class Clock:
    """Counts whole seconds. While it advances it stands at the moment of each thing that falls due."""

    def __init__(self) -> None:
        self._ahead = 0
        self._standing: int | None = None

    def now(self) -> int:
        return int(time.time()) + self._ahead if self._standing is None else self._standing

    @property
    def ahead(self) -> int:
        """Seconds before the machine's time."""
        return self._ahead

    def go_ahead(self, seconds: int) -> None:
        self._ahead = seconds

    def stand_at(self, moment: int) -> None:
        """Never backwards."""
        self._standing = max(moment, self.now())

    def run_from(self, moment: int) -> None:
        """Lets time pass again, from this moment on."""
        self._standing = None
        self._ahead = moment - int(time.time())


def add_interval(start: int, interval: str, count: int, anchor: int | None = None) -> int:
    """The end of a period that begins at `start`. Months keep the anchor's day: 31 January, 28 February, 31 March."""
    moment = datetime.fromtimestamp(start, UTC)
    if interval in ("day", "week"):
        return int((moment + timedelta(days=count * (7 if interval == "week" else 1))).timestamp())
    months = moment.year * 12 + moment.month - 1 + count * (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    day = datetime.fromtimestamp(anchor if anchor is not None else start, UTC).day
    return int(moment.replace(year=year, month=month + 1, day=min(day, monthrange(year, month + 1)[1])).timestamp())
