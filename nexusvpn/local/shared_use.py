"""Who uses a local service: a lock file that every user process holds for as long as it lives."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SharedUse:
    """A shared `flock`, taken at once and given back by `leave()` or by the end of the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _open(path)
        # Waits while the last user of an earlier round stops the service.
        fcntl.flock(self._file, fcntl.LOCK_SH)

    @contextmanager
    def leave(self) -> Iterator[bool]:
        """Gives the lock back; yields True, and keeps newcomers out of the block, if nobody else holds it.

        A forked child shares this process's lock and so counts as a user of its own: the exclusive lock is asked for
        through a file opened afresh. Of two last users who leave at the same moment at most one gets it.
        """
        os.close(self._file)
        file = _open(self._path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            alone = False
        else:
            alone = True
        try:
            yield alone
        finally:
            os.close(file)


class BusyError(Exception):
    """Another process holds the lock."""


@contextmanager
def exclusive(path: Path, *, wait: bool = True) -> Iterator[None]:
    """One process at a time in the block; waits for its turn or, if told not to, raises BusyError."""
    file = _open(path)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise BusyError from None
        yield
    finally:
        os.close(file)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
