"""Connections to PostgreSQL that do not wait for ever, and what this process knows of a server that hangs."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
from django.conf import settings
from psycopg.pq import TransactionStatus

TRIAL_EVERY_S = 1.0


class Gate:
    """Shut while the server hangs, so that requests are refused at once instead of queueing up behind those that wait.

    It is shut by whoever waited in vain and opened by the first answer to anybody. Meanwhile one request a second is let
    through, to find out.
    """

    def __init__(self) -> None:
        self._shut = False
        self._next_trial = 0.0
        self._lock = threading.Lock()

    def admits(self) -> bool:
        if not self._shut:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._next_trial:
                return False
            self._next_trial = now + TRIAL_EVERY_S
            return True

    def shut(self) -> None:
        with self._lock:
            # Answers come to the pool's connections; without a pool nobody would open it again.
            self._shut = bool(settings.DATABASE_POOL_SIZE)
            self._next_trial = time.monotonic() + TRIAL_EVERY_S

    def open(self) -> None:
        self._shut = False


gate = Gate()


class PatientConnection(psycopg.Connection[Any]):
    """Gives up after a time without an answer, and closes, since the answer could still come.

    The server's own `statement_timeout` bounds what a living server does. One that hangs — stopped, out of memory, its disk
    gone — keeps the connection and says nothing, and TCP is no help: the other end still confirms what it gets.
    """

    @property
    def patience_s(self) -> float | None:
        limit: float | None = settings.DATABASE_REPLY_TIMEOUT_S
        return limit

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            answer = super().wait(gen, interval, self.patience_s if timeout is None else timeout)
        except psycopg.OperationalError:
            # After an error that the server sent, the connection is no longer busy.
            if timeout is None and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()
                gate.shut()
            raise
        gate.open()
        return answer
