"""What is said when a payment is missing: until when devices work, what helps, and what is had meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as service
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from billing.models import Invoice, Subscription
from tests.billing.browsing import browser, buttons, words
from tests.billing.sandbox.world import KEY
from tests.billing.test_pages_billing import day
from tests.factories.billing import grant
from tests.factories.payments import (
    make_invoice,
    make_subscription,
)

NOW = timezone.now()
IN_A_WEEK, A_WEEK_AGO = NOW + timedelta(days=7), NOW - timedelta(days=7)


@pytest.fixture
def page(alice: User, settings: Settings) -> Client:
    """Alice's browser, at a service that sells."""
    settings.STRIPE_SECRET_KEY = KEY
    return browser(alice)


def failing(alice: User, since: datetime, **fields: Any) -> Invoice:
    subscription = make_subscription(alice, status="past_due", unpaid_since=since, **fields)
    return make_invoice(
        alice,
        subscription,
        status="open",
        number="NX-7",
        amount_due_minor=499,
        paid_at=None,
        hosted_url="https://invoice.stripe.com/i/7",
        next_payment_attempt=IN_A_WEEK,
    )


def test_after_a_failed_payment_it_says_until_when_devices_work_and_what_helps(page: Client, alice: User) -> None:
    since = NOW - timedelta(days=1)
    failing(alice, since)
    text = words(page)
    until = since + timedelta(days=service.DUNNING_GRACE_DAYS)
    assert f"Your payment failed. Your devices keep working until {day(until)}, {until:%H:%M} UTC." in text
    assert f"Open: $4.99, invoice NX-7. We try your card again on {day(IN_A_WEEK)}." in text
    assert {"Pay invoice", "Change card"} <= set(buttons(page))
    assert 'href="https://invoice.stripe.com/i/7"' in page.get("/billing").text


def test_after_the_grace_it_says_what_is_left_and_which_devices_are_off(page: Client, alice: User) -> None:
    since = NOW - timedelta(days=service.DUNNING_GRACE_DAYS + 1)
    failing(alice, since)
    text = words(page)
    assert "Basic is stopped, because a payment is missing. You have the Free plan." in text
    assert "Devices for which it has no room are off" in text
    assert "keep working until" not in text
    assert "We try your card again" not in text
    assert "0 of 1 in use" in text
    assert {"Pay invoice", "Change card"} <= set(buttons(page))


def test_a_failed_payment_does_not_threaten_devices_that_another_plan_covers(page: Client, alice: User) -> None:
    since = NOW - timedelta(days=1)
    failing(alice, since)
    grant(alice, "pro")
    text = words(page)
    until = since + timedelta(days=service.DUNNING_GRACE_DAYS)
    assert f"A payment for Basic failed. You keep Basic until {day(until)}." in text
    assert f"You keep Basic until {day(until)}, {until:%H:%M} UTC; your Pro plan goes on as it is." in text
    assert "devices keep working" not in text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"withheld": "refunded"}, "Your payment was refunded in full, so Basic gives you nothing"),
        ({"withheld": "disputed"}, "Your bank disputes a payment, so Basic is stopped."),
        ({"status": "paused"}, "Your trial is over and there is no card."),
        ({"status": "incomplete"}, "Your first payment is not through."),
        (
            {
                "current_period_start": A_WEEK_AGO - timedelta(days=30),
                "current_period_end": A_WEEK_AGO,
                "paid_until": A_WEEK_AGO,
            },
            "We have not heard yet whether your last payment was made.",
        ),
    ],
)
def test_every_other_trouble_has_its_words_and_says_what_is_had_meanwhile(
    page: Client, alice: User, fields: dict[str, Any], said: str
) -> None:
    make_subscription(alice, **fields)
    text = words(page)
    assert said in text
    assert "0 of 1 in use" in text
    assert "The next payment is" not in text


def test_a_price_that_is_not_ours_is_said_and_support_named(page: Client, alice: User) -> None:
    Subscription.objects.filter(pk=make_subscription(alice).pk).update(price=None)
    text = words(page)
    assert "Your subscription has a price that is not one of ours." in text
    assert "End subscription" in buttons(page)
    assert words(page, "/billing/cancel")


def test_the_dashboard_notices_a_failed_payment(page: Client, alice: User) -> None:
    failing(alice, NOW - timedelta(days=1))
    text = words(page, "/dashboard")
    assert "Your payment failed. Your devices keep working until" in text
    assert "Pay invoice" in text
    assert "/billing/portal" not in page.get("/dashboard").text
