"""The counters behind the limits: shared by all processes, one round trip a decision.

With `REDIS_URL` they live in Redis; without it, and whenever Redis does not answer, in an unlogged table of
PostgreSQL. django-ratelimit calls `add()` and then `incr()`; its keys carry the window, so a counter is never reset,
only forgotten. `add()` therefore answers "exists already" without asking anyone and `incr()` creates what is not there.
`get()` tells a count without counting.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.base import BaseCache
from django.db import connection

from nexusvpn.logs import logger

# Longer than the longest window of `nexusvpn.ratelimit`; a counter is forgotten after this time.
KEEP_S = 3700
# After a failure Redis is left alone for this long, so that an outage costs one timeout and not one a request.
REDIS_PAUSE_S = 5.0
_REDIS_INCREMENT = (
    "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end return n"
)

log = logger(__name__)


class CounterCache(BaseCache):
    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._paused_until = 0.0
        self._redis: redis.Redis | None = None
        if location:
            self._redis = redis.Redis.from_url(location, socket_connect_timeout=0.05, socket_timeout=0.05)
            self._script = self._redis.register_script(_REDIS_INCREMENT)

    def add(self, key: str, value: Any, timeout: Any = None, version: int | None = None) -> bool:
        return False

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add one and return the new count; creates the counter."""
        count = self._from_redis(lambda: self._script(keys=[key], args=[KEEP_S]))
        return self._count_in_postgresql(key) if count is None else count

    def get(self, key: str, default: Any = None, version: int | None = None) -> int:
        """The count; of a counter that is not there, 0."""
        count = self._from_redis(lambda: self._redis.get(key))  # type: ignore[union-attr]
        return self._look_in_postgresql(key) if count is None else count

    def _from_redis(self, ask: Callable[[], Any]) -> int | None:
        """The number that Redis answers, or None where there is no Redis or it does not answer."""
        if self._redis is None or time.monotonic() < self._paused_until:
            return None
        try:
            return int(ask() or 0)
        except redis.RedisError as error:
            self._paused_until = time.monotonic() + REDIS_PAUSE_S
            log.warning("counters_fall_back_to_postgresql", error=type(error).__name__)
            return None

    @staticmethod
    def _count_in_postgresql(key: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO nexusvpn_counter (key, count, expires_at) VALUES (%s, 1, now() + make_interval(secs => %s)) "
                "ON CONFLICT (key) DO UPDATE SET count = nexusvpn_counter.count + 1 RETURNING count",
                [key, KEEP_S],
            )
            return int(cursor.fetchone()[0])

    @staticmethod
    def _look_in_postgresql(key: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count FROM nexusvpn_counter WHERE key = %s", [key])
            row = cursor.fetchone()
        return int(row[0]) if row else 0


def forget_old_counters() -> int:
    """Delete counters whose window is long over; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM nexusvpn_counter WHERE expires_at < now()")
        return int(cursor.rowcount)
