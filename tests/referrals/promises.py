"""What became of promises, and payments that go back."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from billing.models import Payment
from referrals.models import Reward

# Longer than the hold.
LONG_AGO = timedelta(days=40)


def promised() -> list[tuple[str, str, int, int, str, str]]:
    rows = Reward.objects.order_by("number", "-kind")
    return list(rows.values_list("user__full_name", "kind", "number", "amount_minor", "currency", "state"))


def state_of(reward: Reward) -> str:
    return str(Reward.objects.get(pk=reward.pk).state)


def pay_back(invoice_id: str, amount: int | None = None) -> None:
    payment = Payment.objects.get(invoice=invoice_id)
    payment.refunded_minor = payment.amount_minor if amount is None else amount
    payment.synced_at = timezone.now()
    payment.save()
