"""Subscriptions as people live them, with what an independent reckoning says of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.conf import settings
from hypothesis import strategies as st

from accounts.models import User
from billing.models import Invoice, LedgerEntry, PlanPrice, Subscription
from tests.factories.payments import make_invoice, make_subscription, stripe_id

JAN = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    """So many days after the year began."""
    return JAN + timedelta(days=number)


def book(kind: str, amount: int, at: datetime, **more: Any) -> None:
    values = {"account": "money", "currency": "USD", "source": stripe_id("txn"), **more}
    LedgerEntry.objects.create(kind=kind, amount_minor=amount, occurred_at=at, **values)


def paid(subscription: Subscription, at: float, days: float = 30, **more: Any) -> Invoice:
    """An invoice for that time, paid as it began, with its charge in the books."""
    values = {"period_start": day(at), "period_end": day(at + days), **more}
    invoice = make_invoice(subscription.user, subscription, at=day(at), **values)
    if invoice.total_minor:
        book("charge", invoice.total_minor, day(at), invoice_id=invoice.pk, currency=invoice.currency)
    return invoice


AMOUNT_OFF = 200
# One subscription, as `lived` takes it behind its person's number: its beginning, and its invoices: how long each may be, after which
# pause, for which price, with what discount if it begins a period and whether that goes on if it does not, and whether it is paid back.
invoice = st.tuples(
    st.integers(1, 20),
    st.integers(0, 30),
    st.integers(0, 3),
    st.sampled_from(["trial", "none", "half", "amount"]),
    st.booleans(),
    st.booleans(),
)
a_life = st.tuples(
    st.integers(0, 2), st.integers(0, 90), st.lists(invoice, min_size=1, max_size=5), st.none() | st.integers(1, 200)
)


def lived(
    user: User, prices: list[PlanPrice], begins: int, invoices: list[Any], ends: int | None
) -> list[dict[str, Any]]:
    """Writes such a subscription down; returns of each invoice whose it is, from and to when it counts, and what it is worth a month."""
    ended_at = None if ends is None else day(begins + ends)
    subscription = make_subscription(
        user, status="active" if ended_at is None else "canceled", is_surplus=True, ended_at=ended_at
    )
    rows, at = [], Fraction(begins)
    period: Period | None = None
    for length, pause, which, discount, goes_on, is_refunded in invoices:
        price = prices[which]
        # What is changed once more after months became years, or years months, is known too little of.
        if period is not None and period.has_switched:
            at = max(at, period.ends)
        if period is None or at >= period.ends:
            period = Period.begun(price, discount, at, length)
            total = round(period.cost)
        else:
            period, total = period.changed(price, at, length, goes_on=goes_on)
        days = float(period.ends - at)
        made = paid(subscription, float(at), days, price=price, total_minor=total)
        refunded_at = float(at) + 3 if is_refunded and total > 0 else None
        if refunded_at is not None:
            book("refund", -total, day(refunded_at), invoice_id=made.pk)
        months = 12 if price.interval == "year" else 1
        rows.append(
            {
                "user": user.pk,
                "subscription": subscription.pk,
                "starts": day(float(at)),
                "ends": min(day(float(period.ends) + settings.DUNNING_GRACE_DAYS), ended_at or day(10_000)),
                "worth": (period.cost * 2 + months) // (2 * months),
                "refunded_at": None if refunded_at is None else day(refunded_at),
            }
        )
        at += pause + Fraction(1, 2)
    return rows


@dataclass(frozen=True)
class Period:
    """What somebody pays for at a time, and what the whole of it costs them: so much is asked of them when it is renewed."""

    price: PlanPrice
    # What is left of a price by the discount: of which share, and less which amount.
    share: Fraction
    off: int
    starts: Fraction
    ends: Fraction
    has_switched: bool = False

    @classmethod
    def begun(cls, price: PlanPrice, discount: str, at: Fraction, days: int) -> Period:
        kept = {"trial": 0, "half": price.amount_minor // 2}.get(discount, price.amount_minor)
        off = AMOUNT_OFF if discount == "amount" else 0
        return cls(price, Fraction(kept, price.amount_minor), off, at, at + days)

    @property
    def cost(self) -> Fraction:
        return self.price.amount_minor * self.share - self.off

    def changed(self, price: PlanPrice, at: Fraction, days: int, *, goes_on: bool) -> tuple[Period, int]:
        """What it is then, and what is asked at once: the rest of the new less the rest of the old, or a whole new one less that rest."""
        kept = replace(self, price=price)
        if not goes_on and self.share:
            kept = replace(kept, share=Fraction(1), off=0)
        left = (self.ends - at) / (self.ends - self.starts)
        if price.interval == self.price.interval or not self.share:
            return kept, round((kept.cost - self.cost) * left)
        kept = replace(kept, starts=at, ends=at + days, has_switched=True)
        return kept, round(kept.cost - self.cost * left)


def mrr_of(rows: list[dict[str, Any]], at: datetime) -> dict[Any, int]:
    """The definition, written down once more and slowly."""
    latest: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["starts"] < at:
            latest[row["subscription"]] = row
    sums: dict[Any, int] = defaultdict(int)
    for row in latest.values():
        is_back = row["refunded_at"] is not None and row["refunded_at"] < at
        if row["worth"] and at <= row["ends"] and not is_back:
            sums[row["user"]] += row["worth"]
    return sums


def moved_by_name(
    rows: list[dict[str, Any]], before: dict[Any, int], after: dict[Any, int], since: datetime
) -> dict[str, int]:
    found = dict.fromkeys(("new", "reactivation", "expansion", "contraction", "churn"), 0)
    for user in {*before, *after}:
        was, now = before.get(user, 0), after.get(user, 0)
        had = any(row["user"] == user and row["worth"] and row["starts"] < since for row in rows)
        if not was:
            found["reactivation" if had else "new"] += now
        elif not now:
            found["churn"] -= was
        else:
            found["expansion" if now > was else "contraction"] += now - was
    return found
