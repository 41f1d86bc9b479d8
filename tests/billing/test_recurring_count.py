"""What the job counts is as of one moment, whoever pays meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from billing.services import recurring_months
from billing.services.recurring import Movement, movements
from billing.services.recurring_months import count_recurring_months, last_counted
from billing.services.reports import month_bounds
from tests.concurrency.crowd import crowd
from tests.factories.payments import make_invoice, make_subscription

pytestmark = pytest.mark.django_db(transaction=True)


def pay(user: User) -> None:
    make_invoice(user, make_subscription(user), at=timezone.now() - timedelta(minutes=1))


def counted_mrr() -> tuple[int, int]:
    """What the present month ends with, and the sum of the plans."""
    counted = last_counted(month_bounds(datetime.now(UTC), 1)[0].date())
    assert counted
    return counted.months[0].closing, sum(plan.mrr for plan in counted.by_plan)


def test_plans_add_up_to_the_month_also_when_somebody_pays_between_the_two(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay(alice)

    def then_bob_pays(bounds: Sequence[datetime]) -> list[Movement]:
        moved = movements(bounds)
        assert crowd(1, lambda number: pay(bob)) == {"ok": 1}
        return moved

    monkeypatch.setattr(recurring_months, "movements", then_bob_pays)
    count_recurring_months()
    assert counted_mrr() == (499, 499)
    monkeypatch.undo()
    count_recurring_months()
    assert counted_mrr() == (998, 998)


def test_two_that_count_at_once_both_come_to_an_end(alice: User) -> None:
    pay(alice)
    assert crowd(4, lambda number: count_recurring_months()) == {"ok": 4}
    assert counted_mrr() == (499, 499)
