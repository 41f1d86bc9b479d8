"""Helpers around Django's database connection that more than one app needs."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, models
from django.db.backends.utils import CursorWrapper
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from psycopg_pool import PoolTimeout

from nexusvpn.connections import gate
from nexusvpn.errors import InvalidInput

_checking = threading.Lock()
Model = TypeVar("Model", bound=models.Model)


def lowered(value: str) -> Lower:
    """`value` in the database's own lower case, to compare with an expression index on `lower(column)`."""
    return Lower(models.Value(value))


def refuse_nul(value: str, field: str) -> str:
    """PostgreSQL text cannot hold NUL; say so before it does."""
    if "\x00" in value:
        raise InvalidInput(fields={field: [_("Null characters are not allowed.")]})
    return value


class _PlannedOnce(psycopg.Cursor[Any]):
    """Prepares every statement, so that PostgreSQL plans it once a connection and not at each execution."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> _PlannedOnce:
        return super().execute(query, params, **{**options, "prepare": True})


def planned_once() -> CursorWrapper:
    """A cursor for the few statements that are run often and take longer to plan than to execute.

    They must name their columns: PostgreSQL refuses a prepared `*` once a migration has added one.
    """
    connection.ensure_connection()
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    cursor: Any = _PlannedOnce(connection.connection)
    return wrap(cursor)


def columns_of(model: type[models.Model], alias: str = "") -> str:
    """Every column of a model, in the order in which `read_models` takes them."""
    table = alias or model._meta.db_table
    return ", ".join(f'{table}."{field.column}"' for field in model._meta.concrete_fields)


def read_models(model: type[Model], statement: str, parameters: Any) -> list[Model]:
    """What `raw()` gives, of a statement that yields `columns_of` the model: `raw()` finds out about the columns anew each time.

    Not for models with fields that convert what they read.
    """
    names = [field.attname for field in model._meta.concrete_fields]
    with planned_once() as cursor:
        cursor.execute(statement, parameters)
        return [model.from_db(DEFAULT_DB_ALIAS, names, row) for row in cursor.fetchall()]


def is_lost_database(error: BaseException | None) -> bool:
    """Whether the database went away (or gave up on us) in this exception or what it wraps: the same request may work later."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError):
            return True
        error = error.__cause__
    return False


def note_lost_database(error: BaseException) -> None:
    """After the database went away, refuse what cannot be served and throw out the pool's dead connections in the background.

    Without this each of them would fail one more request after the database is back. One look at a time: the next failure orders
    another.
    """
    if _waited_in_vain(error):
        gate.shut()
    pool: Any = getattr(connection, "pool", None)
    if pool is None or not _checking.acquire(blocking=False):
        return

    def check() -> None:
        try:
            pool.check()
        finally:
            _checking.release()

    threading.Thread(target=check, name="pool-check", daemon=True).start()


def _waited_in_vain(error: BaseException | None) -> bool:
    """Whether no connection was to be had in time: all of them wait, or the server does not let anybody in."""
    while error is not None:
        if isinstance(error, PoolTimeout | psycopg.errors.ConnectionTimeout):
            return True
        error = error.__cause__
    return False


def lend_connection() -> None:
    """Give the connection back to the pool before a wait for something else; the next query takes one again.

    Does nothing in a transaction, which needs the connection, and without a pool, where a new one would cost more than it saves.
    """
    if not connection.in_atomic_block and getattr(connection, "pool", None) is not None:
        connection.close()
