"""Rows as a sync leaves them, for tests that need no Stripe."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import User
from billing.models import CheckoutSession, Dispute, Invoice, Payment, PlanPrice, StripeCustomer, Subscription

_numbers = count(1)


def stripe_id(prefix: str) -> str:
    return f"{prefix}_test{next(_numbers):08}"


def price_of(plan: str = "basic", interval: str = "month", currency: str = "USD") -> PlanPrice:
    return PlanPrice.objects.get(plan__code=plan, interval=interval, currency=currency, is_current=True)


def make_customer(user: User, **fields: Any) -> StripeCustomer:
    return StripeCustomer.objects.create(**{"stripe_id": stripe_id("cus"), "user": user, **fields})


def customer_of(user: User) -> StripeCustomer:
    return StripeCustomer.objects.filter(user=user, deleted_at=None).first() or make_customer(user)


def make_checkout(user: User, state: CheckoutSession.State, **fields: Any) -> CheckoutSession:
    values: dict[str, Any] = {"price": price_of(), "stripe_id": stripe_id("cs_test"), "state": state, **fields}
    return CheckoutSession.objects.create(user=user, parameters={"customer": customer_of(user).pk}, **values)


def make_subscription(user: User, price: PlanPrice | None = None, **fields: Any) -> Subscription:
    """An active one whose period began now."""
    now = timezone.now()
    values = {
        "stripe_id": stripe_id("sub"),
        "customer": customer_of(user),
        "price": price or price_of(),
        "status": Subscription.Status.ACTIVE,
        "started_at": now,
        "current_period_start": now,
        "current_period_end": now + timedelta(days=30),
        "paid_until": now + timedelta(days=30),
        "synced_at": now,
    }
    return Subscription.objects.create(user=user, **{**values, **fields})


def make_invoice(
    user: User, subscription: Subscription | None = None, at: datetime | None = None, **fields: Any
) -> Invoice:
    """A paid one of its subscription's price."""
    at = at or timezone.now()
    price = fields.pop("price", None) or (subscription.price if subscription else price_of())
    amount = fields.get("total_minor", price.amount_minor if price else 0)
    values = {
        "stripe_id": stripe_id("in"),
        "price": price,
        "status": Invoice.Status.PAID,
        "currency": price.currency if price else "USD",
        "total_minor": amount,
        "amount_paid_minor": amount,
        "created_at": at,
        "finalized_at": at,
        "paid_at": at,
        "period_start": at,
        "period_end": at + timedelta(days=30),
        "synced_at": at,
    }
    return Invoice.objects.create(user=user, subscription=subscription, **{**values, **fields})


def make_payment(user: User, invoice: Invoice | None = None, **fields: Any) -> Payment:
    at = fields.pop("at", None) or timezone.now()
    values = {
        "stripe_id": stripe_id("ch"),
        "payment_intent_id": stripe_id("pi"),
        "status": Payment.Status.SUCCEEDED,
        "currency": invoice.currency if invoice else "USD",
        "amount_minor": invoice.total_minor if invoice else 499,
        "created_at": at,
        "synced_at": at,
    }
    return Payment.objects.create(user=user, invoice=invoice, **{**values, **fields})


def make_dispute(payment: Payment, **fields: Any) -> Dispute:
    now = timezone.now()
    values = {
        "stripe_id": stripe_id("dp"),
        "status": "needs_response",
        "reason": "fraudulent",
        "currency": payment.currency,
        "amount_minor": payment.amount_minor,
        "created_at": now,
        "evidence_due_at": now + timedelta(days=7),
        "synced_at": now,
    }
    return Dispute.objects.create(payment=payment, **{**values, **fields})
