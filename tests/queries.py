"""Counting the SQL of a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

# Without Redis the limits count in a table of PostgreSQL: one statement a request, which with Redis is none.
COUNTERS = "nexusvpn_counter"


@contextmanager
def recorded_queries() -> Iterator[list[str]]:
    """The SQL statements that run inside, without those of the limits' counters."""
    statements: list[str] = []

    def record(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if COUNTERS not in sql:
            statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        yield statements


def forget_counts() -> None:
    """Of the limits: for tests that ask for more pages than a person may within a minute."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {COUNTERS}")
