"""Sums of days that are over, and what came since by an index, give what counting everybody gives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts import tasks
from accounts.models import PeopleDay, User
from accounts.services.growth import DAYS, Growth, count_finished_days, growth
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
_numbers = count()


def person(joined: datetime, erased: datetime | None = None, is_staff: bool = False) -> User:
    return make_user(
        f"{next(_numbers)}@example.com",
        date_joined=joined,
        erased_at=erased,
        is_active=erased is None,
        is_staff=is_staff,
    )


def counted_one_by_one() -> tuple[int, dict[date, int]]:
    """From the table of accounts alone: how many there are, and how many were made on which day."""
    customers = list(User.objects.filter(is_staff=False))
    made: dict[date, int] = {}
    for user in customers:
        day = user.date_joined.astimezone(UTC).date()
        made[day] = made.get(day, 0) + 1
    return sum(user.erased_at is None for user in customers), made


def assert_right(found: Growth) -> None:
    total, made = counted_one_by_one()
    assert found.total == total
    assert found.days == [(day, made.get(day, 0)) for day, _ in found.days]
    assert len(found.days) == DAYS
    for first, number in found.months:
        assert number == sum(came for day, came in made.items() if day.replace(day=1) == first)


def test_a_day_is_counted_when_it_is_over_and_what_was_begun_in_it_is_written() -> None:
    with time_machine.travel(NOW, tick=False):
        person(datetime(2026, 3, 8, 12, tzinfo=UTC))
        # Twenty minutes before midnight of UTC: to the clocks of Berlin it was the next day.
        person(datetime(2026, 3, 9, 23, 40, tzinfo=UTC))
        assert count_finished_days() == 1
        assert_right(growth())
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert count_finished_days() == 1
        assert list(PeopleDay.objects.values_list("day", "joined", "erased")) == [
            (date(2026, 3, 9), 1, 0),
            (date(2026, 3, 8), 1, 0),
        ]
        assert_right(growth())
        assert growth().days[-2:] == [(date(2026, 3, 9), 1), (date(2026, 3, 10), 0)]


def test_what_took_long_to_be_committed_is_found_by_a_later_run() -> None:
    with time_machine.travel(NOW, tick=False):
        person(NOW - timedelta(days=2))
        assert count_finished_days() == 1
        # Of a transaction that was open for half a day.
        person(NOW - timedelta(days=2))
        assert count_finished_days() == 1
        assert_right(growth())
        assert count_finished_days() == 0


def test_whoever_is_erased_or_becomes_staff_after_their_day_was_counted_counts_right() -> None:
    with time_machine.travel(NOW, tick=False):
        leaver, helper = person(NOW - timedelta(days=40)), person(NOW - timedelta(days=20))
        both = person(NOW - timedelta(days=90), erased=NOW - timedelta(days=2), is_staff=True)
        count_finished_days()
        assert growth().total == 2
        User.objects.filter(pk=leaver.pk).update(erased_at=NOW, is_active=False)
        User.objects.filter(pk=helper.pk).update(is_staff=True)
        assert growth().total == 0
        assert_right(growth())
        User.objects.filter(pk__in=[helper.pk, both.pk]).update(is_staff=False)
        assert_right(growth())


@pytest.mark.django_db(transaction=True)
def test_the_job_counts_years_that_nobody_counted_and_does_nothing_the_second_time() -> None:
    with time_machine.travel(NOW, tick=False):
        for months in range(0, 40, 3):
            person(NOW - timedelta(days=30 * months))
        tasks.count_people(0)
        rows = list(PeopleDay.objects.values_list("id", "day"))
        # The one of this day is not over.
        assert len(rows) == 13
        tasks.count_people(0)
        assert list(PeopleDay.objects.values_list("id", "day")) == rows
        assert_right(growth())


def test_without_anybody_there_is_nothing_to_count() -> None:
    assert count_finished_days() == 0
    assert growth().total == 0


MINUTES = st.integers(0, 60 * 24 * 45)


class TestAnyLives(TestCase):
    @examples(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        lives=st.lists(st.tuples(MINUTES, st.none() | MINUTES, st.booleans()), max_size=12),
        later=st.lists(st.booleans(), max_size=4),
        looks=st.lists(MINUTES, min_size=1, max_size=3),
    )
    def test_sums_and_the_table_agree_whenever_the_job_ran(
        self,
        lives: list[tuple[int, int | None, bool]],
        later: list[bool],
        looks: list[int],
    ) -> None:
        began = timezone.now().astimezone(UTC) - timedelta(days=45)
        for joined, erased, is_staff in lives:
            gone = None if erased is None or erased < joined else began + timedelta(minutes=erased)
            person(began + timedelta(minutes=joined), gone, is_staff)
        for look in sorted(looks):
            with time_machine.travel(began + timedelta(minutes=look), tick=False):
                # What is dated later does not exist yet to a job that runs then: it counts days that are over only.
                count_finished_days()
        for is_staff in later:
            person(timezone.now(), None, is_staff)
        assert_right(growth())
