"""Helpers around Django's database connection that more than one app needs."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection, models
from django.db.models.functions import Lower

from nexusvpn.errors import InvalidInput


def lowered(value: str) -> Lower:
    """`value` in the database's own lower case, to compare with an expression index on `lower(column)`."""
    return Lower(models.Value(value))


def refuse_nul(value: str, field: str) -> str:
    """PostgreSQL text cannot hold NUL; say so before it does."""
    if "\x00" in value:
        raise InvalidInput(fields={field: ["Null characters are not allowed."]})
    return value


def is_lost_database(error: BaseException | None) -> bool:
    """Whether the database went away (or gave up on us) in this exception or what it wraps: the same request may work later."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError):
            return True
        error = error.__cause__
    return False


def forget_dead_connections() -> None:
    """After the database went away, throw out the pool's dead connections in the background.

    Without this each of them would fail one more request after the database is back.
    """
    pool: Any = getattr(connection, "pool", None)
    if pool is not None:
        threading.Thread(target=pool.check, name="pool-check", daemon=True).start()
