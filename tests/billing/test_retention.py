"""Traces of payments are forgotten in time; what still waits, and the books, stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db.models import Model
from django.utils import timezone

from accounts.models import User
from billing import tasks
from billing.models import (
    CheckoutSession,
    Discrepancy,
    Effect,
    Invoice,
    LedgerEntry,
    ReconcileRun,
    StripeEvent,
    StripeOrder,
)
from billing.services.retention import forget_old_records, overdue
from tests.factories.payers import make_subscriber, pay
from tests.factories.payments import make_invoice, make_payment, price_of

pytestmark = pytest.mark.django_db

Maker = Callable[[User, datetime], Model]


def event(state: str) -> Maker:
    values = {"type": "invoice.paid", "object_id": "in_1", "state": state}
    return lambda user, at: StripeEvent.objects.create(
        stripe_id="evt_1", created_at=timezone.now(), received_at=at, **values
    )


def checkout(state: str) -> Maker:
    return lambda user, at: CheckoutSession.objects.create(user=user, price=price_of(), state=state, created_at=at)


def order(state: str) -> Maker:
    return lambda user, at: StripeOrder.objects.create(user=user, purpose="pause", state=state, created_at=at)


def run(user: User, at: datetime) -> ReconcileRun:
    return ReconcileRun.objects.create(kind="events", started_at=at)


def difference(**ends: bool) -> Maker:
    def make(user: User, at: datetime) -> Model:
        old = timezone.now() - timedelta(days=999)
        return Discrepancy.objects.create(
            kind="subscription", object_id="sub_1", user=user, found_at=old, **dict.fromkeys(ends, at)
        )

    return make


KINDS: dict[str, Maker] = {
    "stripe_events that were followed": event("done"),
    "stripe_events that were ignored": event("ignored"),
    "stripe_events that failed": event("failed"),
    "effects": lambda user, at: Effect.objects.create(key="paid in_1", created_at=at),
    "checkouts that were paid": checkout("complete"),
    "checkouts that expired": checkout("expired"),
    "stripe_orders that were done": order("done"),
    "stripe_orders that were refused": order("refused"),
    "reconcile_runs": run,
    "discrepancies that healed": difference(healed_at=True),
    "discrepancies that staff closed": difference(closed_at=True),
}
WAITING: dict[str, Maker] = {
    "events": event("waiting"),
    "checkouts asked for": checkout("asked"),
    "open checkouts": checkout("open"),
    "open orders": order("open"),
    "open discrepancies": difference(),
    "the last run of a kind": lambda user, at: ReconcileRun.objects.create(
        kind="ledger", started_at=at, finished_at=at, reached=at
    ),
    "invoices": lambda user, at: make_invoice(user, at=at),
    "payments": lambda user, at: make_payment(user, at=at),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("minutes", "kept"), [(-1, True), (1, False)], ids=["in its time", "after it"])
def test_each_kind_is_kept_for_its_time(alice: User, kind: str, minutes: int, kept: bool) -> None:
    row = KINDS[kind](alice, timezone.now() - timedelta(days=settings.BILLING_RECORDS_KEPT_DAYS, minutes=minutes))
    forgotten = forget_old_records()
    assert type(row)._base_manager.filter(pk=row.pk).exists() is kept
    assert forgotten[kind.split(" ", maxsplit=1)[0]] == (0 if kept else 1)


def test_every_kind_has_a_test() -> None:
    assert {kind.split(" ")[0] for kind in KINDS} == set(overdue())


@pytest.mark.parametrize("kind", WAITING)
def test_what_waits_or_is_of_the_books_stays(alice: User, kind: str) -> None:
    row = WAITING[kind](alice, timezone.now() - timedelta(days=999))
    assert set(forget_old_records().values()) == {0}
    assert type(row)._base_manager.filter(pk=row.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_nightly_job_does_it(alice: User) -> None:
    pay(make_subscriber(alice))
    KINDS["effects"](alice, timezone.now() - timedelta(days=999))
    tasks.forget_old_records(0)
    assert not Effect.objects.exists()
    assert Invoice.objects.exists()
    assert LedgerEntry.objects.exists()
