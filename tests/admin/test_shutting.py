"""What staff are told before they shut an account, or open it again: what becomes of what its owner pays for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from accounts.services.deletion import leave
from accounts.services.suspension import suspend_account
from billing.models import StripeOrder, Subscription
from tests.admin.addresses import action
from tests.factories.payments import make_subscription

pytestmark = pytest.mark.django_db(transaction=True)
SUBSCRIPTION = "he subscription ("
ENDS_LATER = "The subscription (Basic) ends with what is paid for"
ENDS_NOW = "it ends at once and for good"
GOES_ON = "The subscription (Basic) goes on: its end is taken back."
STAYS_ENDED = "has ended meanwhile and stays ended"


def asked(staff: Client, user: User, slug: str) -> str:
    answer = staff.get(action(user, slug))
    assert answer.status_code == 200
    return answer.text


def carry_out(user: User) -> None:
    """As Stripe and the next sync would."""
    for order in user.stripe_orders.filter(state=StripeOrder.State.OPEN):
        theirs = Subscription.objects.filter(pk=order.subject)
        if order.purpose == StripeOrder.Purpose.CANCEL:
            theirs.update(cancel_at_period_end=True)
        elif order.purpose == StripeOrder.Purpose.END:
            theirs.update(status="canceled", ended_at=timezone.now())
    user.stripe_orders.update(state=StripeOrder.State.DONE)


@pytest.mark.parametrize("slug", ["suspend", "delete-account"])
def test_what_is_paid_for_is_said_to_end_then(staff: Client, alice: User, slug: str) -> None:
    assert SUBSCRIPTION not in asked(staff, alice, slug)
    subscription = make_subscription(alice)
    text = asked(staff, alice, slug)
    assert "evices are off" in text
    assert f"{ENDS_LATER}, on {date_format(subscription.current_period_end, 'DATE_FORMAT')}" in text
    assert ENDS_NOW not in text


@pytest.mark.parametrize("slug", ["suspend", "delete-account"])
@pytest.mark.parametrize("status", ["past_due", "unpaid", "incomplete"])
def test_what_is_overdue_is_said_to_end_at_once(staff: Client, alice: User, slug: str, status: str) -> None:
    make_subscription(alice, status=status)
    text = asked(staff, alice, slug)
    assert ENDS_NOW in text
    assert ENDS_LATER not in text


@pytest.mark.parametrize("fields", [{"cancel_at_period_end": True}, {"status": "canceled"}])
def test_what_ends_anyway_is_no_consequence(staff: Client, alice: User, fields: dict[str, Any]) -> None:
    make_subscription(alice, **fields)
    assert SUBSCRIPTION not in asked(staff, alice, "suspend")


def test_who_is_reinstated_has_again_what_did_not_end(staff: Client, alice: User, sam: User) -> None:
    make_subscription(alice, status="canceled", ended_at=timezone.now() - timedelta(days=9))
    make_subscription(alice)
    suspend_account(user=alice, by=sam)
    carry_out(alice)
    text = asked(staff, alice, "reinstate")
    assert "their devices work as before" in text
    assert GOES_ON in text
    assert STAYS_ENDED not in text


def test_who_is_reinstated_has_not_what_was_overdue(staff: Client, alice: User, sam: User) -> None:
    make_subscription(alice, status="past_due")
    suspend_account(user=alice, by=sam)
    carry_out(alice)
    text = asked(staff, alice, "reinstate")
    assert STAYS_ENDED in text
    assert GOES_ON not in text


def test_who_ended_it_themselves_does_not_have_it_go_on(staff: Client, alice: User, sam: User) -> None:
    make_subscription(alice, cancel_at_period_end=True)
    suspend_account(user=alice, by=sam)
    assert SUBSCRIPTION not in asked(staff, alice, "reinstate")


def test_a_deletion_that_is_taken_back_says_what_goes_on_and_what_is_over(staff: Client, alice: User) -> None:
    subscription = make_subscription(alice)
    leave(user=alice)
    carry_out(alice)
    alice.refresh_from_db()
    assert GOES_ON in asked(staff, alice, "restore")
    Subscription.objects.filter(pk=subscription.pk).update(status="canceled", ended_at=timezone.now())
    text = asked(staff, alice, "restore")
    assert STAYS_ENDED in text
    assert GOES_ON not in text


def test_who_is_leaving_too_stays_shut(staff: Client, alice: User, sam: User) -> None:
    make_subscription(alice)
    leave(user=alice)
    alice.refresh_from_db()
    suspend_account(user=alice, by=sam)
    text = asked(staff, alice, "reinstate")
    assert "still being deleted" in text
    assert GOES_ON not in text
