from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from billing.entitlements import entitlement_for
from billing.models import Plan, PlanGrant, PlanPrice
from nexusvpn.errors import Unavailable
from tests.factories.billing import grant

pytestmark = pytest.mark.django_db


def test_without_anything_it_is_the_free_plan(alice: User) -> None:
    found = entitlement_for(alice)
    assert (found.plan_code, found.device_limit, found.quota_bytes, found.premium_locations) == (
        "free",
        1,
        10_000_000_000,
        False,
    )


def test_the_highest_grant_that_holds_counts(alice: User) -> None:
    grant(alice, "pro")
    grant(alice, "basic")
    assert (entitlement_for(alice).plan_code, entitlement_for(alice).device_limit) == ("pro", 10)


@pytest.mark.parametrize("change", [{"valid_until": -1}, {"revoked_at": -1}])
def test_what_is_over_or_revoked_does_not_count(alice: User, change: dict[str, int]) -> None:
    made = grant(alice, "pro")
    moment = {name: timezone.now() + timedelta(seconds=seconds) for name, seconds in change.items()}
    PlanGrant.objects.filter(pk=made.pk).update(**moment)
    assert entitlement_for(alice).plan_code == "free"


def test_anothers_grant_is_not_mine(alice: User, bob: User) -> None:
    grant(bob, "pro")
    assert entitlement_for(alice).plan_code == "free"


def test_the_longest_of_equal_grants_says_until_when(alice: User) -> None:
    soon, later = timezone.now() + timedelta(days=1), timezone.now() + timedelta(days=9)
    for until in (soon, later):
        PlanGrant.objects.create(user=alice, plan=Plan.objects.get(code="basic"), reason="x", valid_until=until)
    assert entitlement_for(alice).valid_until == later
    grant(alice, "basic")
    assert entitlement_for(alice).valid_until is None


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("joined", "at", "start", "reset"),
    [
        (_day(2025, 1, 15), datetime(2026, 1, 14, 23, 59, tzinfo=UTC), _day(2025, 12, 15), _day(2026, 1, 15)),
        (_day(2025, 1, 15), _day(2026, 1, 15), _day(2026, 1, 15), _day(2026, 2, 15)),
        (_day(2025, 1, 31), _day(2026, 2, 28), _day(2026, 2, 28), _day(2026, 3, 31)),
        (_day(2025, 1, 31), _day(2026, 3, 30), _day(2026, 2, 28), _day(2026, 3, 31)),
        (_day(2026, 3, 10), _day(2026, 3, 10), _day(2026, 3, 10), _day(2026, 4, 10)),
    ],
)
def test_a_free_period_begins_on_the_day_of_the_sign_up(
    alice: User, joined: datetime, at: datetime, start: datetime, reset: datetime
) -> None:
    alice.date_joined = joined
    found = entitlement_for(alice, at)
    assert (found.period_start, found.resets_at) == (start, reset)


def test_a_grants_period_begins_on_its_day_and_the_free_one_after_it_anew(alice: User) -> None:
    alice.date_joined = _day(2026, 1, 3)
    grant = PlanGrant(user=alice, plan=Plan.objects.get(code="pro"), reason="Test", created_at=_day(2026, 2, 10))
    grant.valid_until = datetime(2026, 3, 20, 12, tzinfo=UTC)
    grant.save()
    assert entitlement_for(alice, _day(2026, 3, 15)).period_start == _day(2026, 3, 10)
    after = entitlement_for(alice, _day(2026, 4, 2))
    assert (after.plan_code, after.period_start, after.resets_at) == ("free", _day(2026, 3, 21), _day(2026, 4, 21))
    assert entitlement_for(alice, datetime(2026, 3, 20, 18, tzinfo=UTC)).resets_at == _day(2026, 4, 21)


def give(user: User, code: str, begins: datetime, ends: datetime | None, *, revoked: datetime | None = None) -> None:
    plan = Plan.objects.get(code=code)
    PlanGrant.objects.create(
        user=user, plan=plan, reason="Test", created_at=begins, valid_until=ends, revoked_at=revoked
    )


def test_a_longer_grant_of_the_same_plan_goes_on_with_its_period(alice: User) -> None:
    give(alice, "basic", _day(2026, 2, 10), _day(2026, 3, 1))
    give(alice, "basic", _day(2026, 2, 25), _day(2026, 9, 1))
    found = entitlement_for(alice, _day(2026, 2, 26))
    assert (found.period_start, found.valid_until) == (_day(2026, 2, 10), _day(2026, 9, 1))
    assert entitlement_for(alice, _day(2026, 5, 9)).period_start == _day(2026, 4, 10)


def test_a_plan_that_is_revoked_and_given_again_in_its_month_goes_on_with_it(alice: User) -> None:
    give(alice, "basic", _day(2026, 2, 10), None, revoked=_day(2026, 2, 20))
    give(alice, "basic", _day(2026, 3, 5), None)
    assert entitlement_for(alice, _day(2026, 3, 6)).period_start == _day(2026, 2, 10)


def test_a_plan_that_is_given_again_after_its_month_begins_anew(alice: User) -> None:
    give(alice, "basic", _day(2026, 2, 10), _day(2026, 2, 20))
    give(alice, "basic", _day(2026, 3, 10), None)
    assert entitlement_for(alice, _day(2026, 3, 12)).period_start == _day(2026, 3, 10)


def test_a_chain_of_short_grants_gives_no_free_month_anew(alice: User) -> None:
    alice.date_joined = _day(2026, 1, 3)
    for day in (5, 9, 13, 17):
        give(alice, "basic", _day(2026, 1, day), _day(2026, 1, day + 1))
        assert entitlement_for(alice, _day(2026, 1, day + 2)).period_start == _day(2026, 1, 3)
    assert entitlement_for(alice, _day(2026, 2, 4)).period_start == _day(2026, 2, 3)


def test_another_plan_begins_a_period_of_its_own(alice: User) -> None:
    give(alice, "basic", _day(2026, 2, 10), None)
    give(alice, "pro", _day(2026, 2, 25), None)
    assert entitlement_for(alice, _day(2026, 2, 26)).period_start == _day(2026, 2, 25)


def test_without_any_plan_nothing_is_invented(alice: User) -> None:
    PlanPrice.objects.all().delete()
    Plan.objects.all().delete()
    with pytest.raises(Unavailable):
        entitlement_for(alice)


def test_it_costs_one_query(alice: User, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        entitlement_for(alice)
