"""Rows about payments as syncs would have written them, for tests in which no Stripe takes part."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import User
from billing.models import Invoice, LedgerEntry, Payment, PlanPrice, StripeCustomer, Subscription

_numbers = count(1)


def price_of(plan: str = "basic", interval: str = "month", currency: str = "USD") -> PlanPrice:
    return PlanPrice.objects.get(plan__code=plan, interval=interval, currency=currency, is_current=True)


def make_customer(user: User, **values: Any) -> StripeCustomer:
    """With a card."""
    card = {"card_brand": "visa", "card_last4": "4242", "card_exp_month": 12, "card_exp_year": 2040}
    known = {"stripe_id": f"cus_{next(_numbers):024}", "currency": "USD", "synced_at": timezone.now(), **card}
    return StripeCustomer.objects.create(user=user, **{**known, **values})


def make_subscription(customer: StripeCustomer, **values: Any) -> Subscription:
    """A month of Basic that began five days ago and is paid for."""
    began = timezone.now() - timedelta(days=5)
    ends = began + timedelta(days=30)
    times = {"started_at": began, "current_period_start": began, "current_period_end": ends, "paid_until": ends}
    known = {"stripe_id": f"sub_{next(_numbers):024}", "price": price_of(), "status": "active", **times}
    return Subscription.objects.create(
        customer=customer, user=customer.user, synced_at=timezone.now(), **{**known, **values}
    )


def make_invoice(subscription: Subscription, **values: Any) -> Invoice:
    """Of its present period, paid."""
    price = subscription.price or price_of()
    number = next(_numbers)
    known: dict[str, Any] = {
        "stripe_id": f"in_{number:024}",
        "number": f"NX-{number:04}",
        "status": "paid",
        "currency": price.currency,
        "total_minor": price.amount_minor,
        "amount_paid_minor": price.amount_minor,
        "created_at": subscription.current_period_start,
        "paid_at": subscription.current_period_start,
        "period_start": subscription.current_period_start,
        "period_end": subscription.current_period_end,
        "hosted_url": f"https://invoice.stripe.example/{number}",
        "pdf_url": f"https://invoice.stripe.example/{number}/pdf",
    }
    return Invoice.objects.create(
        user=subscription.user, subscription=subscription, price=price, synced_at=timezone.now(), **{**known, **values}
    )


def make_payment(invoice: Invoice, **values: Any) -> Payment:
    """It succeeded, and stands in the ledger."""
    known: dict[str, Any] = {
        "stripe_id": f"ch_{next(_numbers):024}",
        "status": "succeeded",
        "currency": invoice.currency,
        "amount_minor": invoice.total_minor,
        "card_fingerprint_hash": "0f" * 32,
        "created_at": invoice.created_at,
    }
    payment = Payment.objects.create(
        user=invoice.user, invoice=invoice, synced_at=timezone.now(), **{**known, **values}
    )
    LedgerEntry.objects.create(
        account="money",
        kind="charge",
        source=payment.stripe_id,
        user=payment.user,
        price=invoice.price,
        invoice_id=invoice.stripe_id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        occurred_at=payment.created_at,
    )
    return payment
