"""Runs that compare with Stripe, and what they found."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from billing.models import (
    Discrepancy,
    ReconcileRun,
)
from billing.services.reconcile import compare

Kind = ReconcileRun.Kind


def later(hours: float = 1) -> datetime:
    return timezone.now() + timedelta(hours=hours)


def run(kind: ReconcileRun.Kind, hours: float = 1) -> ReconcileRun:
    """A run as of so many hours from now, when what happened just now has had its time to come to us."""
    found = compare(kind, at=later(hours))
    assert found is not None
    return found


def differences() -> list[tuple[str, str, bool]]:
    rows = Discrepancy.objects.order_by("id")
    return [(row.kind, row.object_id, row.healed_at is not None) for row in rows]
