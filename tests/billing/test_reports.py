"""What moved monthly recurring revenue adds up to how it moved, whatever customers did."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from billing.models import Invoice, LedgerEntry, PlanPrice, Subscription
from billing.services.recurring import Movement, movements, mrr_by_plan
from billing.services.recurring_months import MONTHS, count_recurring_months, last_counted
from billing.services.reports import month_bounds, takings
from tests.factories.accounts import make_user
from tests.factories.billing import make_plans
from tests.factories.payments import make_invoice, make_subscription, price_of, stripe_id
from tests.queries import recorded_queries

pytestmark = pytest.mark.django_db
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


def mrr(at: float) -> dict[str, int]:
    return {row.plan: row.mrr for row in mrr_by_plan([day(at)])}


def moved(since: float, until: float) -> dict[str, int]:
    (row,) = movements([day(since), day(until)])
    names = ("new", "reactivation", "expansion", "contraction", "churn")
    return {name: getattr(row, name) for name in names if getattr(row, name)}


class TestMrr:
    def test_a_year_counts_by_its_twelfth_and_a_month_as_it_is(self, alice: User, bob: User) -> None:
        paid(make_subscription(alice), 0)
        year = price_of("pro", "year")
        paid(make_subscription(bob, year), 0, days=365)
        assert mrr(10) == {"Basic": 499, "Pro": 833}
        assert year.amount_minor == 9990

    def test_a_trial_counts_from_its_first_payment_on(self, alice: User) -> None:
        subscription = make_subscription(alice)
        paid(subscription, 0, days=14, total_minor=0)
        assert mrr(10) == {}
        paid(subscription, 14)
        assert mrr(20) == {"Basic": 499}
        assert moved(10, 20) == {"new": 499}

    def test_a_discount_counts_as_long_as_invoices_show_it_and_tax_never(self, alice: User) -> None:
        subscription = make_subscription(alice)
        paid(subscription, 0, total_minor=300, tax_minor=50)
        assert mrr(10) == {"Basic": 250}
        paid(subscription, 30, total_minor=600, tax_minor=101)
        assert mrr(40) == {"Basic": 499}
        assert moved(10, 40) == {"expansion": 249}

    def test_a_change_in_the_midst_of_a_period_counts_by_its_price_and_not_by_its_proration(self, alice: User) -> None:
        subscription = make_subscription(alice)
        paid(subscription, 0)
        paid(subscription, 20, days=10, price=price_of("pro"), total_minor=166)
        assert mrr(20) == {"Basic": 499}
        assert mrr(21) == {"Pro": 999}
        assert moved(20, 21) == {"expansion": 500}
        paid(subscription, 30, price=price_of())
        assert moved(21, 31) == {"contraction": -500}

    def test_a_change_in_the_midst_of_a_period_counts_without_the_tax_that_its_price_holds(self, alice: User) -> None:
        subscription = make_subscription(alice)
        paid(subscription, 0, total_minor=499, tax_minor=80)
        # The credit for the rest of the smaller plan is more than this costs: no tax is on it, and its price holds some all the same.
        paid(subscription, 20, days=10, price=price_of("pro"), total_minor=0)
        assert (mrr(20), mrr(21)) == ({"Basic": 419}, {"Pro": 839})
        paid(subscription, 30, price=price_of("pro"), total_minor=999, tax_minor=160)
        assert moved(21, 31) == {}

    def test_tax_that_is_added_to_prices_takes_nothing_off_a_change(self, alice: User) -> None:
        subscription = make_subscription(alice)
        paid(subscription, 0, total_minor=594, tax_minor=95)
        paid(subscription, 20, days=10, price=price_of("pro"), total_minor=198, tax_minor=32)
        assert (mrr(20), mrr(21)) == ({"Basic": 499}, {"Pro": 999})

    @pytest.mark.parametrize(("goes_on", "expected"), [(True, 416), (False, 833)])
    def test_a_change_counts_with_the_discount_of_its_period_as_long_as_that_goes_on(
        self, alice: User, goes_on: bool, expected: int
    ) -> None:
        basic, pro = price_of("basic", "year"), price_of("pro", "year")
        half = basic.amount_minor // 2
        subscription = make_subscription(alice, basic)
        paid(subscription, 0, days=365, total_minor=half)
        after = pro.amount_minor // 2 if goes_on else pro.amount_minor
        paid(subscription, 20, days=345, price=pro, total_minor=(after - half) * 345 // 365)
        assert (mrr(10), mrr(30)) == ({"Basic": 208}, {"Pro": expected})
        paid(subscription, 365, days=365, price=pro, total_minor=after)
        assert moved(360, 370) == {}

    @pytest.mark.parametrize(("goes_on", "expected"), [(True, 666), (False, 833)])
    @pytest.mark.parametrize("at", [20, 182, 350])
    def test_a_discount_of_an_amount_stays_that_amount_after_a_change(
        self, alice: User, at: int, goes_on: bool, expected: int
    ) -> None:
        basic, pro = price_of("basic", "year"), price_of("pro", "year")
        subscription = make_subscription(alice, basic)
        begun = basic.amount_minor - 2000
        paid(subscription, 0, days=365, total_minor=begun)
        after = pro.amount_minor - (2000 if goes_on else 0)
        paid(subscription, at, days=365 - at, price=pro, total_minor=(after - begun) * (365 - at) // 365)
        assert (mrr(10), mrr(at + 1)) == ({"Basic": 249}, {"Pro": expected})
        paid(subscription, 365, days=365, price=pro, total_minor=after)
        assert moved(360, 370) == {}

    def test_a_discount_of_an_amount_goes_on_without_the_tax_that_prices_hold(self, alice: User) -> None:
        subscription = make_subscription(alice)
        paid(subscription, 0, total_minor=299, tax_minor=48)
        paid(subscription, 15, days=15, price=price_of("pro"), total_minor=250, tax_minor=40)
        assert (mrr(10), mrr(20)) == ({"Basic": 251}, {"Pro": 671})
        paid(subscription, 30, price=price_of("pro"), total_minor=799, tax_minor=128)
        assert moved(20, 40) == {}

    @pytest.mark.parametrize(("off", "basic", "pro"), [(200, 299, 799), (2495, 250, 501)])
    def test_who_goes_from_a_year_to_months_keeps_what_the_discount_is(
        self, alice: User, off: int, basic: int, pro: int
    ) -> None:
        year = price_of("basic", "year")
        subscription = make_subscription(alice, year)
        paid(subscription, 0, days=365, total_minor=year.amount_minor - off)
        paid(subscription, 73, price=price_of(), total_minor=basic - (year.amount_minor - off) * 4 // 5)
        assert mrr(80) == {"Basic": basic}
        paid(subscription, 103, price=price_of(), total_minor=basic)
        paid(subscription, 118, days=15, price=price_of("pro"), total_minor=(pro - basic) // 2)
        assert (mrr(110), mrr(120)) == ({"Basic": basic}, {"Pro": pro})

    def test_changes_one_after_another_keep_the_discount(self, alice: User) -> None:
        subscription = make_subscription(alice)
        paid(subscription, 0, total_minor=250)
        paid(subscription, 10, days=20, price=price_of("pro"), total_minor=(500 - 250) * 20 // 30)
        paid(subscription, 15, days=15, price=price_of(), total_minor=-(500 - 250) * 15 // 30)
        paid(subscription, 20, days=10, price=price_of("pro"), total_minor=(500 - 250) * 10 // 30)
        assert [mrr(at) for at in (5, 12, 17, 22)] == [{"Basic": 250}, {"Pro": 501}, {"Basic": 250}, {"Pro": 501}]

    def test_who_goes_from_months_to_a_year_keeps_the_discount(self, alice: User) -> None:
        subscription = make_subscription(alice)
        paid(subscription, 0, total_minor=250)
        year = price_of("basic", "year")
        paid(subscription, 20, days=365, price=year, total_minor=year.amount_minor // 2 - 83)
        assert mrr(30) == {"Basic": 208}

    def test_a_change_within_a_trial_is_worth_nothing_until_something_is_paid(self, alice: User) -> None:
        subscription = make_subscription(alice)
        paid(subscription, 0, days=14, total_minor=0)
        paid(subscription, 5, days=9, price=price_of("pro"), total_minor=0)
        assert mrr(7) == {}
        paid(subscription, 8, price=price_of("pro"), total_minor=999)
        paid(subscription, 10, days=28, price=price_of(), total_minor=-450)
        assert (mrr(9), mrr(11)) == ({"Pro": 999}, {"Basic": 499})

    def test_who_ends_is_gone_and_who_comes_back_is_not_new(self, alice: User) -> None:
        paid(make_subscription(alice, status="canceled", ended_at=day(30)), 0)
        assert mrr(30) == {"Basic": 499}
        assert mrr(30.1) == {}
        assert moved(10, 35) == {"churn": -499}
        paid(make_subscription(alice), 60)
        assert moved(50, 61) == {"reactivation": 499}

    def test_a_renewal_that_fails_counts_through_the_days_of_grace(self, alice: User) -> None:
        paid(make_subscription(alice, status="past_due"), 0)
        ends = 30 + settings.DUNNING_GRACE_DAYS
        assert mrr(ends) == {"Basic": 499}
        assert mrr(ends + 0.1) == {}

    def test_what_was_paid_back_counts_no_more_and_a_dispute_that_is_won_counts_again(self, alice: User) -> None:
        invoice = paid(make_subscription(alice), 0)
        book("refund", -100, day(5), invoice_id=invoice.pk)
        assert mrr(6) == {"Basic": 499}
        book("dispute", -399, day(7), invoice_id=invoice.pk)
        assert (mrr(7), mrr(8)) == ({"Basic": 499}, {})
        assert moved(6, 8) == {"churn": -499}
        book("dispute_reversal", 399, day(20), invoice_id=invoice.pk)
        assert mrr(21) == {"Basic": 499}
        assert moved(8, 21) == {"reactivation": 499}

    def test_a_renewal_that_is_paid_late_counts_from_its_payment_on(self, alice: User) -> None:
        subscription = make_subscription(alice)
        paid(subscription, 0)
        paid(subscription, 30, price=price_of("pro"), paid_at=day(32))
        assert (mrr(31), mrr(32), mrr(32.1)) == ({"Basic": 499}, {"Basic": 499}, {"Pro": 999})

    def test_who_comes_and_goes_within_a_month_is_in_neither(self, alice: User) -> None:
        paid(make_subscription(alice, status="canceled", ended_at=day(9)), 5, days=4)
        assert movements([day(0), day(31)]) == []

    def test_people_are_counted_and_churn_is_their_share(self, alice: User, bob: User, charlie: User) -> None:
        paid(make_subscription(alice), 0)
        paid(make_subscription(bob, status="canceled", ended_at=day(20)), 0)
        paid(make_subscription(charlie), 25)
        (row,) = movements([day(10), day(30)])
        assert (row.people, row.people_came, row.people_went, row.churn_rate) == (2, 1, 1, 0.5)

    @pytest.mark.parametrize("people", [1, 12])
    def test_the_number_of_queries_is_that_of_the_reports(self, db: None, people: int) -> None:
        for number in range(people):
            paid(make_subscription(make_user(f"p{number}@example.com")), number)
        bounds = month_bounds(day(200), 12)
        with recorded_queries() as queries:
            takings(since=bounds[0], until=bounds[-1])
            mrr_by_plan(bounds)
            movements(bounds)
        assert len(queries) == 4


AMOUNT_OFF = 200
# One subscription: its beginning, and its invoices: how long each may be, after which pause, for which price, with what discount if it
# begins a period and whether that goes on if it does not, and whether it is paid back.
invoice = st.tuples(
    st.integers(1, 20),
    st.integers(0, 30),
    st.integers(0, 3),
    st.sampled_from(["trial", "none", "half", "amount"]),
    st.booleans(),
    st.booleans(),
)
life = st.tuples(
    st.integers(0, 2), st.integers(0, 90), st.lists(invoice, min_size=1, max_size=5), st.none() | st.integers(1, 200)
)


class TestAnything(TestCase):
    def setUp(self) -> None:
        make_plans()

    @examples(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.lists(life, min_size=1, max_size=4), st.lists(st.integers(0, 300), min_size=2, max_size=6, unique=True))
    def test_what_moved_adds_up_to_how_it_moved_and_is_as_defined(self, lives: list[Any], days: list[int]) -> None:
        people = [
            User.objects.filter(email=f"p{n}@example.com").first() or make_user(f"p{n}@example.com") for n in range(3)
        ]
        prices = [price_of(), price_of("pro"), price_of("basic", "year"), price_of("pro", "year")]
        rows = [row for who, *life in lives for row in _live(people[who], prices, *life)]
        bounds = [day(number) for number in sorted(days)]
        found = {row.since: row for row in movements(bounds)}
        expected = [_mrr_of(rows, bound) for bound in bounds]
        for at, (since, until) in enumerate(pairwise(bounds)):
            row = found.get(since)
            before, after = expected[at], expected[at + 1]
            if row is None:
                assert not before
                assert not after
                continue
            assert (row.opening, row.closing) == (sum(before.values()), sum(after.values()))
            steps = row.new + row.reactivation + row.expansion + row.contraction + row.churn
            assert steps == row.closing - row.opening
            assert _named(row) == _by_name(rows, before, after, since)
            assert until > since

    @examples(max_examples=30, suppress_health_check=list(HealthCheck))
    @given(st.lists(life, min_size=1, max_size=4), st.integers(1, 300), st.sampled_from([3, 12, MONTHS]))
    def test_what_is_shown_of_the_last_count_is_what_would_be_counted_then(
        self, lives: list[Any], now: int, months: int
    ) -> None:
        people = [
            User.objects.filter(email=f"p{n}@example.com").first() or make_user(f"p{n}@example.com") for n in range(3)
        ]
        prices = [price_of(), price_of("pro"), price_of("basic", "year"), price_of("pro", "year", "GBP")]
        for who, *life in lives:
            _live(people[who], prices, *life)
        with time_machine.travel(day(now), tick=False):
            count_recurring_months()
        bounds = month_bounds(day(now), months)
        counted = last_counted(bounds[0].date())
        assert counted
        assert (counted.at, counted.months, counted.by_plan) == (day(now), movements(bounds), mrr_by_plan([day(now)]))
        assert all(counted.knows(bound.date()) for bound in bounds[:-1])


def _live(
    user: User, prices: list[PlanPrice], begins: int, invoices: list[Any], ends: int | None
) -> list[dict[str, Any]]:
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


def _mrr_of(rows: list[dict[str, Any]], at: datetime) -> dict[Any, int]:
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


def _named(row: Movement) -> dict[str, int]:
    return {name: getattr(row, name) for name in ("new", "reactivation", "expansion", "contraction", "churn")}


def _by_name(
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
