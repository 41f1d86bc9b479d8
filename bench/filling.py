"""Rows by the million, written by PostgreSQL itself: what the services would take hours for, and only to be read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
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
