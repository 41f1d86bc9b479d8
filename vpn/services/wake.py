"""Waking the requests in which nodes wait, after the commit of a change.

With Redis a message is published; without it the waiting process finds out by its own poll. A lost message costs at most that
poll's interval, so failures are logged and forgotten.
"""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

import redis
from django.conf import settings

from nexusvpn.logs import logger

CHANNEL = "nexusvpn:wake"
log = logger(__name__)


@lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=0.05, socket_timeout=0.05)


def wake_server(server_id: UUID) -> None:
    if not settings.REDIS_URL:
        return
    try:
        _client(settings.REDIS_URL).publish(CHANNEL, str(server_id))
    except redis.RedisError as error:
        log.warning("wake_not_sent", error=type(error).__name__)
