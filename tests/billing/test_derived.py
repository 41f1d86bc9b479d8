"""What follows for a subscription from the invoices, payments and disputes that are stored."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from billing.models import Invoice, Subscription
from billing.services.derived import derive
from tests.factories.payments import make_invoice, make_subscription

pytestmark = pytest.mark.django_db
OPEN = Invoice.Status.OPEN
NOW = timezone.now()


def days_ago(number: float) -> datetime:
    return NOW - timedelta(days=number)


@pytest.fixture
def subscription(alice: User) -> Subscription:
    """It began two months ago and was paid for; the month after was not."""
    found = make_subscription(alice, status="past_due", started_at=days_ago(60), current_period_start=days_ago(1))
    make_invoice(alice, found, days_ago(60))
    make_invoice(alice, found, days_ago(30), status=OPEN, paid_at=None)
    return found


def test_it_is_unpaid_since_its_oldest_open_invoice(alice: User, subscription: Subscription) -> None:
    make_invoice(alice, subscription, days_ago(1), status=OPEN, paid_at=None)
    derive(subscription)
    assert subscription.unpaid_since == days_ago(30)


def test_an_open_invoice_that_was_left_behind_takes_no_grace_away(alice: User, subscription: Subscription) -> None:
    make_invoice(alice, subscription, days_ago(10))
    derive(subscription)
    assert subscription.unpaid_since is None
    make_invoice(alice, subscription, days_ago(1), status=OPEN, paid_at=None)
    derive(subscription)
    assert subscription.unpaid_since == days_ago(1)
