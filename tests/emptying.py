"""How the database is emptied after a test that commits.

Django truncates every table and makes its permissions anew, which with some 160 tables takes longer than most tests. Here only what
has rows is emptied, and what migrations alone write (content types, permissions) stays.
"""

from __future__ import annotations

from functools import cache

from django.db import connection, transaction
from django.test import TransactionTestCase

_KEPT = {"django_content_type", "auth_permission"}
# No model manages them.
_FURTHER = ("nexusvpn_counter", "procrastinate_jobs", "procrastinate_events", "procrastinate_periodic_defers")


@cache
def _tables() -> list[str]:
    managed = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return [*sorted({*managed, *_FURTHER} - _KEPT)]


def empty_database() -> None:
    """Takes a role that may set aside triggers and foreign keys, as the one that makes the test database is."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(" UNION ALL ".join(f"(SELECT '{table}' FROM \"{table}\" LIMIT 1)" for table in _tables()))
        for (table,) in cursor.fetchall():
            cursor.execute(f'DELETE FROM "{table}"')


def empty_only_what_has_rows() -> None:
    """From now on, for every test that commits."""
    TransactionTestCase._fixture_teardown = lambda self: empty_database()  # type: ignore[attr-defined]
