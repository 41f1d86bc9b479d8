"""Payments that count no more, and what else is to be known of a payment by whoever gives something for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from billing.models import Dispute, Invoice, Payment


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """What was paid for it with money, in the currency's smallest unit: without what credit paid; and what of that went back."""

    user_id: UUID
    amount_minor: int
    currency: str
    paid_at: datetime
    back_minor: int = 0

    @property
    def kept_minor(self) -> int:
        return self.amount_minor - self.back_minor


def undone_invoices(*, since: datetime, among: Sequence[str] | None = None) -> set[str]:
    """Invoices paid back by half or more, lost in a dispute, or of a subscription that is one too many.

    Of what was written at `since` or later, which others see a moment after; with `among`, of these invoices alone. Three queries.
    """
    refunded = Payment.objects.filter(refunded_minor__gt=0, synced_at__gte=since, invoice__isnull=False)
    lost = Dispute.objects.filter(status=Dispute.LOST, synced_at__gte=since, payment__invoice__isnull=False)
    surplus = Invoice.objects.filter(subscription__is_surplus=True, subscription__synced_at__gte=since)
    if among is not None:
        refunded = refunded.filter(invoice__in=among)
        lost = lost.filter(payment__invoice__in=among)
        surplus = surplus.filter(pk__in=among)
    gone = set(lost.order_by().values_list("payment__invoice", flat=True))
    return gone | _mostly_refunded(refunded.values_list("invoice_id")) | set(surplus.values_list("pk", flat=True))


def disputed_invoices() -> QuerySet[Dispute, str]:
    """Ids of the invoices of which a bank has not decided yet whether they were paid; for use inside a query."""
    open_ones = Dispute.objects.filter(status__in=Dispute.UNDECIDED, payment__invoice__isnull=False)
    return open_ones.order_by().values_list("payment__invoice", flat=True)


def paid_invoice(invoice_id: str) -> PaidInvoice | None:
    """An invoice for which money came; None where nothing was paid, or where credit paid all of it."""
    found = Invoice.objects.filter(pk=invoice_id, status=Invoice.Status.PAID, amount_paid_minor__gt=0).first()
    if found is None or found.paid_at is None:
        return None
    back = found.payments.aggregate(sum=Sum("refunded_minor"))["sum"] or 0
    return PaidInvoice(found.user_id, found.amount_paid_minor, found.currency, found.paid_at, back)


def sharing_card(user_id: UUID, others: Iterable[UUID]) -> set[UUID]:
    """Which of these others have paid, or tried to, with a card with which this person has."""
    cards = Payment.objects.filter(user=user_id).exclude(card_fingerprint_hash="").values("card_fingerprint_hash")
    same = Payment.objects.filter(card_fingerprint_hash__in=cards, user__in=list(others)).exclude(user=user_id)
    return set(same.order_by().values_list("user_id", flat=True).distinct())


def _mostly_refunded(candidates: Any) -> set[str]:
    """An invoice may be paid in parts: all that was paid for it counts together."""
    paid = Payment.objects.filter(invoice__in=candidates, status=Payment.Status.SUCCEEDED).order_by()
    sums = paid.values("invoice").annotate(paid=Sum("amount_minor"), back=Sum("refunded_minor"))
    return set(sums.filter(back__gte=F("paid") - F("back")).values_list("invoice", flat=True))
