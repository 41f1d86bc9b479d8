"""Of any lives of subscriptions, what moved monthly recurring revenue adds up, and what is kept of a count is what was counted."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from billing.services.recurring import Movement, movements, mrr_by_plan
from billing.services.recurring_months import MONTHS, count_recurring_months, last_counted
from billing.services.reports import month_bounds
from tests.billing.recurring_lives import a_life, day, lived, moved_by_name, mrr_of
from tests.factories.accounts import make_user
from tests.factories.billing import make_plans
from tests.factories.payments import price_of

pytestmark = pytest.mark.django_db


class TestAnything(TestCase):
    def setUp(self) -> None:
        make_plans()

    @examples(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.lists(a_life, min_size=1, max_size=4), st.lists(st.integers(0, 300), min_size=2, max_size=6, unique=True))
    def test_what_moved_adds_up_to_how_it_moved_and_is_as_defined(self, lives: list[Any], days: list[int]) -> None:
        people = [
            User.objects.filter(email=f"p{n}@example.com").first() or make_user(f"p{n}@example.com") for n in range(3)
        ]
        prices = [price_of(), price_of("pro"), price_of("basic", "year"), price_of("pro", "year")]
        rows = [row for who, *life in lives for row in lived(people[who], prices, *life)]
        bounds = [day(number) for number in sorted(days)]
        found = {row.since: row for row in movements(bounds)}
        expected = [mrr_of(rows, bound) for bound in bounds]
        for at, since in enumerate(bounds[:-1]):
            row = found.get(since)
            before, after = expected[at], expected[at + 1]
            if row is None:
                assert not before
                assert not after
                continue
            assert (row.opening, row.closing) == (sum(before.values()), sum(after.values()))
            steps = row.new + row.reactivation + row.expansion + row.contraction + row.churn
            assert steps == row.closing - row.opening
            assert _named(row) == moved_by_name(rows, before, after, since)

    @examples(max_examples=30, suppress_health_check=list(HealthCheck))
    @given(st.lists(a_life, min_size=1, max_size=4), st.integers(1, 300), st.sampled_from([3, 12, MONTHS]))
    def test_what_is_shown_of_the_last_count_is_what_would_be_counted_then(
        self, lives: list[Any], now: int, months: int
    ) -> None:
        people = [
            User.objects.filter(email=f"p{n}@example.com").first() or make_user(f"p{n}@example.com") for n in range(3)
        ]
        prices = [price_of(), price_of("pro"), price_of("basic", "year"), price_of("pro", "year", "GBP")]
        for who, *life in lives:
            lived(people[who], prices, *life)
        with time_machine.travel(day(now), tick=False):
            count_recurring_months()
        bounds = month_bounds(day(now), months)
        counted = last_counted(bounds[0].date())
        assert counted
        assert (counted.at, counted.months, counted.by_plan) == (day(now), movements(bounds), mrr_by_plan([day(now)]))
        assert all(counted.knows(bound.date()) for bound in bounds[:-1])


def _named(row: Movement) -> dict[str, int]:
    return {name: getattr(row, name) for name in ("new", "reactivation", "expansion", "contraction", "churn")}
