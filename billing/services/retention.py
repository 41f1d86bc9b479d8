"""How long traces of payments are kept that nobody needs for the books. Invoices, payments and the ledger stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.models import CheckoutSession, Discrepancy, Effect, ReconcileRun, StripeEvent, StripeOrder
from nexusvpn.batches import delete_in_batches
from nexusvpn.logs import logger

log = logger(__name__)
OVER = (CheckoutSession.State.COMPLETE, CheckoutSession.State.EXPIRED)


def overdue() -> dict[str, QuerySet[Any]]:
    """Of each kind what has had its time. What still waits, or waits for staff, is not over."""
    before = timezone.now() - timedelta(days=settings.BILLING_RECORDS_KEPT_DAYS)
    newest = [ReconcileRun.objects.filter(kind=kind, finished_at__isnull=False).first() for kind in ReconcileRun.Kind]
    events = StripeEvent.objects.filter(received_at__lt=before)
    return {
        "stripe_events": events.exclude(state=StripeEvent.State.WAITING),
        "effects": Effect.objects.filter(created_at__lt=before),
        "checkouts": CheckoutSession.objects.filter(created_at__lt=before, state__in=OVER),
        "stripe_orders": StripeOrder.objects.filter(created_at__lt=before).exclude(state=StripeOrder.State.OPEN),
        # The next one goes on from where the last one of its kind came to.
        "reconcile_runs": ReconcileRun.objects.filter(started_at__lt=before).exclude(
            pk__in=[run.pk for run in newest if run is not None]
        ),
        "discrepancies": Discrepancy.objects.filter(Q(healed_at__lt=before) | Q(closed_at__lt=before)),
    }


def forget_old_records() -> dict[str, int]:
    """Delete it in batches; returns how much of each kind. May be interrupted and repeated."""
    forgotten = {kind: delete_in_batches(rows) for kind, rows in overdue().items()}
    log.info("billing_records_forgotten", **forgotten)
    return forgotten
