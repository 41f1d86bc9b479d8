"""What follows for a subscription from the invoices, payments and disputes that are stored."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from billing.models import Dispute, Invoice, Payment, Subscription
from billing.standing import Paid, next_look, withheld_by
from billing.states import state_of


def derive(subscription: Subscription) -> None:
    """Set `paid_until`, `unpaid_since`, `withheld` and `look_at`, without saving: a function of what is stored, and of the time."""
    subscription.paid_until = _paid_until(subscription)
    subscription.unpaid_since = _unpaid_since(subscription)
    subscription.withheld = _withheld(subscription)
    now = timezone.now()
    # A look that is due and was not had yet stays due: whoever has it tells that something has ended.
    if subscription.look_at is None or subscription.look_at > now:
        subscription.look_at = next_look(state_of(subscription), now)


def _paid_until(subscription: Subscription) -> datetime | None:
    """The end of what the newest of its paid invoices pays for. A trial has an invoice of nothing, which is paid."""
    paid = _invoices(subscription, Invoice.Status.PAID).order_by("-created_at", "-period_end")
    return paid.values_list("period_end", flat=True).first()


def _unpaid_since(subscription: Subscription) -> datetime | None:
    """Since when the oldest invoice that is missing is due: one that was finalized is charged at once."""
    oldest = missing_invoices(subscription).first()
    return None if oldest is None else oldest.finalized_at or oldest.created_at


def missing_invoices(subscription: Subscription) -> QuerySet[Invoice]:
    """Its open invoices, the oldest first, but for those that a payment for a later one has left behind: Stripe counts them no more."""
    unpaid = _invoices(subscription, Invoice.Status.OPEN).order_by("created_at")
    paid_last = _invoices(subscription, Invoice.Status.PAID).order_by("-created_at").first()
    return unpaid if paid_last is None else unpaid.filter(created_at__gt=paid_last.created_at)


def _withheld(subscription: Subscription) -> str:
    """Whether all that was paid for the present period was paid back, or some of it is asked back by the bank, or lost to it."""
    present = _invoices(subscription, Invoice.Status.PAID).filter(period_end__gt=subscription.current_period_start)
    payments = Payment.objects.filter(invoice__in=present, status=Payment.Status.SUCCEEDED)
    disputes = Dispute.objects.filter(payment__in=payments).values_list("status", flat=True)
    return withheld_by([Paid(*row) for row in payments.values_list("amount_minor", "refunded_minor")], disputes)


def _invoices(subscription: Subscription, status: Invoice.Status) -> QuerySet[Invoice]:
    return Invoice.objects.filter(subscription=subscription, status=status, period_end__isnull=False)
