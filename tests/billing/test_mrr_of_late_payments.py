"""A period that is paid for after the next one: what the customer has now goes on counting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from billing.services.recurring import movements, mrr_by_plan
from tests.factories.payments import make_invoice, make_subscription, price_of

pytestmark = pytest.mark.django_db


def day(number: float) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)


@pytest.mark.parametrize("debt_paid_at", [30, 33, 45, 62])
def test_a_debt_that_is_paid_after_the_next_period_takes_nothing_from_that(alice: User, debt_paid_at: int) -> None:
    subscription = make_subscription(alice)
    for begins, price, paid_at in ((0, price_of("pro"), debt_paid_at), (30, price_of(), 30)):
        period = {"period_start": day(begins), "period_end": day(begins + 30)}
        make_invoice(alice, subscription, at=day(begins), price=price, paid_at=day(paid_at), **period)
    found = mrr_by_plan([day(at) for at in (31, 34, 40, 46, 59, 63, 66)])
    assert [(row.plan, row.mrr) for row in found] == [("Basic", 499)] * 7
    assert {row.closing - row.opening for row in movements([day(at) for at in (31, 40, 59, 66)])} == {0}
    assert mrr_by_plan([day(70)]) == []
