"""Writing what was fetched into our rows; the customer is locked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from django.db import models
from django.utils import timezone

from billing.models import PlanPrice

Row = TypeVar("Row", bound=models.Model)


class Rows(Generic[Row]):
    """Rows of a model by their ids at Stripe, and which of them a sync has changed."""

    def __init__(self, model: type[Row], ids: Iterable[str]) -> None:
        self._model = model
        self._known: dict[str, Row] = {row.pk: row for row in model._default_manager.filter(pk__in=list(ids))}
        self.changed: set[str] = set()

    def get(self, id: str) -> Row | None:
        return self._known.get(id)

    def all(self) -> list[Row]:
        return list(self._known.values())

    def put(self, id: str, values: dict[str, Any]) -> Row:
        """The row, made or brought to the values, and left alone where it has them."""
        row = self._known.get(id)
        if row is None:
            row = self._known[id] = self._model(pk=id, synced_at=timezone.now(), **values)
            row.save(force_insert=True)
        elif not save_changes(row, values):
            return row
        self.changed.add(id)
        return row


def save_changes(row: models.Model, values: dict[str, Any]) -> bool:
    """Write those of the values that are others than the row has; whether there were any."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if not changed:
        return False
    for name in changed:
        setattr(row, name, values[name])
    row.synced_at = timezone.now()  # type: ignore[attr-defined]
    row.save(update_fields=[*changed, "synced_at"])
    return True


def prices_by_stripe_id(ids: Iterable[str]) -> dict[str, PlanPrice]:
    found = PlanPrice.objects.filter(stripe_price_id__in=set(ids)).select_related("plan")
    return {str(price.stripe_price_id): price for price in found}
