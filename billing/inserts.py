"""Rows that are written once, however many write them at the same moment."""

from __future__ import annotations

from django.db import connection, models


def insert_once(row: models.Model) -> bool:
    """Insert, unless something with one of its keys is there; returns whether it was inserted.

    `bulk_create(ignore_conflicts=True)` does the same and does not say.
    """
    fields = [field for field in row._meta.concrete_fields if not isinstance(field, models.AutoField)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    statement = f'INSERT INTO "{row._meta.db_table}" ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount)
