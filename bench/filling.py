"""Rows by the million, written by PostgreSQL itself: what the services would take hours for, and only to be read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

# What stands in a column that must hold something and that nobody has said anything about; `n` is the row's number, from 1.
_ANYTHING = {
    "boolean": "false",
    "bytea": "''",
    "character varying": "''",
    "date": "(now() - n * interval '1 second')::date",
    "jsonb": "'{}'",
    "text": "''",
    "timestamp with time zone": "now() - n * interval '1 second'",
    "uuid": "gen_random_uuid()",
}
_COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
"""
# What takes each index of a table away, and what makes it again: unique constraints with their constraint.
_INDEXES = """
SELECT CASE WHEN c.oid IS NULL THEN format('DROP INDEX %%I', i.relname)
            ELSE format('ALTER TABLE %%I DROP CONSTRAINT %%I', t.relname, c.conname) END,
       CASE WHEN c.oid IS NULL THEN replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ')
            ELSE format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', t.relname, c.conname, pg_get_constraintdef(c.oid)) END
FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
LEFT JOIN pg_constraint c ON c.conindid = i.oid AND c.contype IN ('u', 'x')
WHERE t.relname = ANY(%(tables)s) AND NOT x.indisprimary ORDER BY i.relname
"""


def owner_sql(owners: int) -> str:
    """The id of one of so many people, turn by turn: nobody's rows lie next to each other, as in life."""
    return f"md5((n %% {owners})::text)::uuid"


def earlier_sql(owners: int) -> str:
    """How many rows the same person has before this one."""
    return f"(n / {owners})"


def owner_id(number: int) -> UUID:
    """Whom `owner_sql` means by this number."""
    return UUID(hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest())


def fill_table(model: type[models.Model], rows: int, columns: Mapping[str, str], **values: Any) -> None:
    """Write `rows` rows: `columns` are SQL expressions of `n`, which may use `values` as %(name)s.

    Foreign keys are not looked at, so rows may belong to people who do not exist; uniqueness and checks are.
    """
    table = model._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [table])
        needed = {name: _ANYTHING.get(kind, "0") for name, kind in cursor.fetchall()}
        quoted = connection.ops.quote_name
        content = {**needed, **columns}
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f'INSERT INTO "{table}" ({", ".join(map(quoted, content))}) SELECT {", ".join(content.values())} '
            "FROM generate_series(1, %(rows)s) AS n",
            {"rows": rows, **values},
        )


@contextmanager
def without_indexes(*kinds: type[models.Model]) -> Iterator[None]:
    """Take away all but the primary keys of these tables, and make them again at the end, sorted: much faster than row by row."""
    tables = [model._meta.db_table for model in kinds]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_INDEXES, {"tables": tables})
        found = cursor.fetchall()
        for away, _again in found:
            cursor.execute(away)
        yield
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for _away, again in found:
            cursor.execute(again)
