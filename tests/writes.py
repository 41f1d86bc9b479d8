"""Every write that something makes, found by counting them: each in turn is made to fail by the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# What counts tries is no part of what is done, and is not taken back with it.
_UNCOUNTED = ("nexusvpn_counter",)

# The sequence counts on across a rollback, so a write that is undone counts too. The n-th one fails; with 0 none does.
_COUNTER = """
CREATE SEQUENCE IF NOT EXISTS planted_writes;
CREATE OR REPLACE FUNCTION planted_failure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('planted_writes') = current_setting('planted.fails', true)::bigint THEN
        RAISE EXCEPTION 'planted failure at % of %', TG_OP, TG_TABLE_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END $$
"""


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
        )
        return [name for (name,) in cursor.fetchall() if name not in _UNCOUNTED]


@contextmanager
def counted_writes() -> Iterator[None]:
    """Within, every row that is inserted, changed or deleted in any table is counted."""
    tables = _tables()
    with connection.cursor() as cursor:
        cursor.execute(_COUNTER)
        for table in tables:
            cursor.execute(
                f"CREATE TRIGGER planted BEFORE INSERT OR UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION planted_failure()"
            )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"DROP TRIGGER planted ON {table}")
            cursor.execute("DROP FUNCTION planted_failure; DROP SEQUENCE planted_writes; RESET planted.fails")


def fail_at(number: int) -> None:
    """The write of that number from now on fails; 0: none does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval('planted_writes', 1, false), set_config('planted.fails', %s, false)", [str(number)]
        )


def writes_made() -> int:
    """Since `fail_at`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM planted_writes")
        return int(cursor.fetchone()[0])


def everything() -> dict[str, str]:
    """Of each table a digest of all that is in it."""
    parts = [
        f"SELECT '{table}', coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '') FROM {table} t"
        for table in _tables()
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())
