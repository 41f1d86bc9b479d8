"""What a subscription adds to an entitlement beside the grants, and from which day its data is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from billing.entitlements import Source, entitlement_for
from billing.models import GiftBatch, GiftCode, Plan, PlanGrant, Subscription
from billing.services.plans import edit_plan
from tests.factories.billing import grant
from tests.factories.payments import make_subscription, price_of
from tests.jobs import run_due_jobs

pytestmark = pytest.mark.django_db


def _day(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def subscribe(user: User, begins: datetime, ends: datetime | None = None, plan: str = "basic", **fields: Any) -> None:
    """One that lasts, or that lasted until it was ended."""
    over = {} if ends is None else {"status": Subscription.Status.CANCELED, "ended_at": ends}
    values = {"started_at": begins, "current_period_start": begins, "current_period_end": begins + timedelta(days=31)}
    make_subscription(user, price_of(plan), **{**values, "paid_until": None, **over, **fields})


def test_it_gives_its_plan_with_everything_that_belongs_to_it(alice: User) -> None:
    make_subscription(alice, price_of("pro", "year"))
    found = entitlement_for(alice)
    assert (found.plan_code, found.reason, found.valid_until) == ("pro", Source.SUBSCRIPTION, None)
    assert (found.device_limit, found.premium_locations, found.priority_support) == (10, True, True)


def test_anothers_subscription_is_not_mine(alice: User, bob: User) -> None:
    make_subscription(bob)
    assert entitlement_for(alice).reason is Source.FREE


def test_it_says_until_when_where_it_is_to_end(alice: User) -> None:
    made = make_subscription(alice, cancel_at_period_end=True)
    assert (entitlement_for(alice).valid_until, entitlement_for(alice).reason) == (
        made.current_period_end,
        Source.ENDING,
    )


def test_of_the_same_plan_the_longer_one_counts_and_of_equal_ones_what_is_paid_for(alice: User) -> None:
    made = make_subscription(alice, cancel_at_period_end=True)
    given = grant(alice, "basic")
    assert (entitlement_for(alice).reason, entitlement_for(alice).valid_until) == (Source.GRANT, None)
    Subscription.objects.filter(pk=made.pk).update(cancel_at_period_end=False)
    assert entitlement_for(alice).reason is Source.SUBSCRIPTION
    PlanGrant.objects.filter(pk=given.pk).update(valid_until=timezone.now() + timedelta(days=1))
    assert entitlement_for(alice).reason is Source.SUBSCRIPTION


def test_one_of_a_price_that_is_not_ours_gives_nothing(alice: User) -> None:
    made = make_subscription(alice)
    Subscription.objects.filter(pk=made.pk).update(price=None)
    assert entitlement_for(alice).reason is Source.FREE


def test_a_gift_is_said_to_be_one(alice: User) -> None:
    given = grant(alice, "basic")
    batch = GiftBatch.objects.create(name="Fair", plan=given.plan, days=30)
    GiftCode.objects.create(batch=batch, code_hash=b"x" * 32, grant=given, redeemed_by=alice)
    assert entitlement_for(alice).reason is Source.GIFT
    grant(alice, "pro")
    assert entitlement_for(alice).reason is Source.GRANT


def test_with_any_number_of_grants_and_subscriptions_it_costs_one_query(
    alice: User, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        grant(alice, "basic")
        subscribe(alice, _day(1, 1), _day(1, 2))
    make_subscription(alice)
    with django_assert_num_queries(1):
        assert entitlement_for(alice).reason is Source.SUBSCRIPTION


def test_its_data_is_counted_from_the_day_of_its_bills(alice: User) -> None:
    subscribe(alice, _day(2, 10))
    found = entitlement_for(alice, _day(3, 12))
    assert (found.period_start, found.resets_at) == (_day(3, 10), _day(4, 10))


def test_a_yearly_one_has_months_all_the_same(alice: User) -> None:
    subscribe(alice, _day(2, 10), current_period_end=datetime(2027, 2, 10, tzinfo=UTC))
    assert entitlement_for(alice, _day(9, 9)).period_start == _day(8, 10)


def test_after_a_trial_it_is_the_day_on_which_that_ended(alice: User) -> None:
    subscribe(alice, _day(2, 1), status="trialing", trial_end=_day(2, 15), current_period_end=_day(2, 15))
    assert entitlement_for(alice, _day(2, 14)).period_start == _day(2, 1)
    Subscription.objects.update(status="active", current_period_start=_day(2, 15), current_period_end=_day(3, 15))
    assert entitlement_for(alice, _day(2, 16)).period_start == _day(2, 15)


def test_a_cycle_of_the_31st_stays_one_through_february(alice: User) -> None:
    subscribe(alice, _day(1, 31), current_period_start=_day(2, 28), current_period_end=_day(3, 31))
    found = entitlement_for(alice, _day(3, 29))
    assert (found.period_start, found.resets_at) == (_day(2, 28), _day(3, 31))


def test_a_cycle_that_was_begun_anew_counts_from_its_new_day(alice: User) -> None:
    subscribe(alice, _day(2, 10), current_period_start=_day(4, 20), current_period_end=_day(5, 20))
    assert entitlement_for(alice, _day(4, 21)).period_start == _day(4, 20)


def test_leaving_and_coming_back_within_the_month_goes_on_with_it(alice: User) -> None:
    subscribe(alice, _day(2, 10), _day(2, 20))
    subscribe(alice, _day(2, 25))
    assert entitlement_for(alice, _day(2, 26)).period_start == _day(2, 10)


def test_coming_back_after_the_month_begins_anew(alice: User) -> None:
    subscribe(alice, _day(2, 10), _day(2, 20))
    subscribe(alice, _day(3, 12))
    assert entitlement_for(alice, _day(3, 13)).period_start == _day(3, 12)


def test_a_grant_of_the_same_plan_before_it_counts_too(alice: User) -> None:
    PlanGrant.objects.create(
        user=alice,
        plan=Plan.objects.get(code="basic"),
        reason="Test",
        created_at=_day(2, 10),
        valid_until=_day(2, 20),
    )
    subscribe(alice, _day(2, 25))
    assert entitlement_for(alice, _day(2, 26)).period_start == _day(2, 10)


def test_buying_and_ending_again_gives_no_free_month_anew(alice: User) -> None:
    alice.date_joined = _day(1, 3)
    for day in (5, 9, 13, 17):
        subscribe(alice, _day(1, day), _day(1, day + 1))
        found = entitlement_for(alice, _day(1, day + 2))
        assert (found.reason, found.period_start) == (Source.FREE, _day(1, 3))


def test_the_free_plan_begins_the_day_after_the_grace_ended(alice: User, settings: Any) -> None:
    settings.DUNNING_GRACE_DAYS = 7
    alice.date_joined = _day(1, 3)
    subscribe(alice, _day(1, 5), status="past_due", current_period_start=_day(3, 5), unpaid_since=_day(3, 5))
    assert entitlement_for(alice, _day(3, 11)).reason is Source.GRACE
    for later in (_day(3, 13), _day(4, 1)):
        assert entitlement_for(alice, later).period_start == _day(3, 13)


def test_what_never_gave_a_plan_counts_for_no_time(alice: User) -> None:
    alice.date_joined = _day(1, 3)
    subscribe(alice, _day(1, 10), status="incomplete_expired")
    subscribe(alice, _day(2, 10), withheld="refunded")
    assert entitlement_for(alice, _day(3, 4)).period_start == _day(3, 3)


def test_whoever_subscribes_to_a_plan_is_settled_when_it_changes(alice: User, bob: User) -> None:
    make_subscription(alice, price_of("basic"))
    make_subscription(bob, price_of("pro"))
    plan = Plan.objects.get(code="basic")
    plan.device_limit = 3
    edit_plan(plan, ["device_limit"])
    assert run_due_jobs().count("vpn.tasks.settle") == 1
    Subscription.objects.filter(user=alice).update(status="canceled", ended_at=timezone.now())
    edit_plan(plan, ["device_limit"])
    assert run_due_jobs().count("vpn.tasks.settle") == 0
