"""What moved monthly recurring revenue adds up to how it moved, whatever customers did."""

from __future__ import annotations

import pytest
from django.conf import settings

from accounts.models import User
from billing.services.recurring import movements, mrr_by_plan
from billing.services.reports import month_bounds, takings
from tests.billing.recurring_lives import book, day, paid
from tests.factories.accounts import make_user
from tests.factories.payments import make_subscription, price_of
from tests.queries import recorded_queries

pytestmark = pytest.mark.django_db


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
