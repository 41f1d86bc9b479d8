"""Rows of plans, payments, gifts and the books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

from django.db.models import Model
from django.utils import timezone

from billing.models import (
    CheckoutSession,
    Coupon,
    Discrepancy,
    Dispute,
    Effect,
    GiftBatch,
    GiftCode,
    Invoice,
    LedgerDay,
    LedgerEntry,
    Payment,
    Plan,
    PlanGrant,
    PlanPrice,
    PromotionCode,
    ReconcileRun,
    RecurringCount,
    RecurringMonth,
    StripeCustomer,
    StripeEvent,
    StripeOrder,
    Subscription,
)
from tests.admin.rows.accounts import new_user
from tests.factories.payments import (
    make_customer,
    make_dispute,
    make_invoice,
    make_payment,
    make_subscription,
    price_of,
    stripe_id,
)


def new_plan() -> Plan:
    rank = 100 + Plan.objects.count()
    return Plan.objects.create(code=f"plan-{rank}", name=f"Plan {rank}", rank=rank, device_limit=1)


def new_grant() -> PlanGrant:
    return PlanGrant.objects.create(user=new_user(), plan=new_plan(), reason="Because", granted_by=new_user())


def new_price() -> PlanPrice:
    return PlanPrice.objects.create(plan=new_plan(), interval="month", currency="USD", amount_minor=499)


def new_invoice() -> Invoice:
    subscription = make_subscription(new_user())
    return make_invoice(subscription.user, subscription)


def new_payment() -> Payment:
    invoice = new_invoice()
    return make_payment(invoice.user, invoice)


def new_event() -> StripeEvent:
    values = {"type": "invoice.paid", "object_id": stripe_id("in"), "created_at": timezone.now()}
    return StripeEvent.objects.create(stripe_id=stripe_id("evt"), **values)


def new_entry(account: str = "money") -> LedgerEntry:
    values = {"account": account, "kind": "charge", "amount_minor": 499, "currency": "USD", "price": price_of()}
    return LedgerEntry.objects.create(user=new_user(), source=stripe_id("ch"), occurred_at=timezone.now(), **values)


def new_ledger_day() -> LedgerDay:
    values = {"kind": "charge", "currency": "USD", "price": new_price(), "amount_minor": 499}
    return LedgerDay.objects.create(recorded_on=date(2026, 10, 2), occurred_on=date(2026, 10, 1), **values)


def new_recurring_month() -> RecurringMonth:
    """Of a currency of its own."""
    names = ("opening", "closing", "new", "reactivation", "expansion", "contraction", "churn")
    values = dict.fromkeys((*names, "people", "people_came", "people_went"), 1)
    code = f"X{chr(65 + RecurringMonth.objects.count() // 26)}{chr(65 + RecurringMonth.objects.count() % 26)}"
    return RecurringMonth.objects.create(month=date(2026, 10, 1), currency=code, counted_at=timezone.now(), **values)


def new_recurring_count() -> RecurringCount:
    """There is one row."""
    plan = {"plan": "Basic", "currency": "USD", "mrr": 499, "people": 1}
    values = {"since": date(2026, 10, 1), "by_plan": [plan], "counted_at": timezone.now()}
    return RecurringCount.objects.update_or_create(pk=1, defaults=values)[0]


def new_batch() -> GiftBatch:
    return GiftBatch.objects.create(name="Fair", plan=new_plan(), days=30, created_by=new_user())


def new_coupon() -> Coupon:
    return Coupon.objects.create(stripe_id=uuid4().hex, name="Summer", percent_off=20)


MAKERS: dict[type[Model], Callable[[], Any]] = {
    Plan: new_plan,
    PlanGrant: new_grant,
    PlanPrice: new_price,
    StripeCustomer: lambda: make_customer(new_user()),
    Subscription: lambda: make_subscription(new_user()),
    Invoice: new_invoice,
    Payment: new_payment,
    Dispute: lambda: make_dispute(new_payment()),
    CheckoutSession: lambda: CheckoutSession.objects.create(user=new_user(), price=price_of()),
    StripeOrder: lambda: StripeOrder.objects.create(user=new_user(), purpose="cancel", subject=stripe_id("sub")),
    StripeEvent: new_event,
    Effect: lambda: Effect.objects.create(key=uuid4().hex),
    LedgerEntry: new_entry,
    LedgerDay: new_ledger_day,
    RecurringCount: new_recurring_count,
    RecurringMonth: new_recurring_month,
    GiftBatch: new_batch,
    GiftCode: lambda: GiftCode.objects.create(batch=new_batch(), code_hash=uuid4().bytes, code=b"encrypted"),
    Coupon: new_coupon,
    PromotionCode: lambda: PromotionCode.objects.create(coupon=new_coupon(), code=uuid4().hex[:12]),
    ReconcileRun: lambda: ReconcileRun.objects.create(kind=ReconcileRun.Kind.EVENTS),
    Discrepancy: lambda: Discrepancy.objects.create(kind="lost_event", object_id=stripe_id("evt"), user=new_user()),
}
