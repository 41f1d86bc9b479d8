"""Deleting many rows in small steps, so that no statement locks much or takes long."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

BATCH = 2_000


def delete_some(rows: QuerySet[Any], at_most: int) -> bool:
    """Delete up to `at_most` of the rows, with what belongs to them; returns whether more may be left."""
    ids = list(rows.order_by().values_list("pk", flat=True)[:at_most])
    rows.model._base_manager.filter(pk__in=ids).delete()
    return len(ids) == at_most


def delete_in_batches(rows: QuerySet[Any], batch: int = BATCH) -> int:
    """Delete all of the rows; returns how many. Each batch is a statement of its own: what an interruption leaves, the next run finds."""
    deleted = 0
    while True:
        ids = list(rows.order_by().values_list("pk", flat=True)[:batch])
        rows.model._base_manager.filter(pk__in=ids).delete()
        deleted += len(ids)
        if len(ids) < batch:
            return deleted
