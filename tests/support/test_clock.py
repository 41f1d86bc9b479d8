"""Working time as properties that hold for any hours, zone and moment; the cases by hand are in `clock_cases.txt`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.clock import DAY_MINUTES, DAYS, WorkingHours, add_working, read_hours, worked_between

# Put forward and back at night, by half an hour, across midnight, and never.
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu"]
MINUTE = timedelta(minutes=1)


@st.composite
def days(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    edges = draw(
        st.lists(st.integers(0, DAY_MINUTES), unique=True, max_size=6).filter(lambda edges: len(edges) % 2 == 0)
    )
    edges.sort()
    return tuple(zip(edges[::2], edges[1::2], strict=True))


hours = st.builds(
    WorkingHours,
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    week=st.tuples(*[days()] * len(DAYS)).filter(lambda week: sum(b - a for day in week for a, b in day) >= 60),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
work = st.integers(0, 20_000).map(lambda minutes: minutes * MINUTE)


@given(hours, moments, work)
def test_what_was_added_is_what_lies_between(hours: WorkingHours, since: datetime, work: timedelta) -> None:
    assert worked_between(hours, since, add_working(hours, since, work)) == work


@given(hours, moments, work)
def test_it_ends_as_soon_as_it_can(hours: WorkingHours, since: datetime, work: timedelta) -> None:
    """A moment earlier a moment of the work is still to do: what ends with a span is not put off to the next one."""
    end = add_working(hours, since, work)
    if work:
        assert worked_between(hours, since, end - timedelta(microseconds=1)) < work


@given(hours, moments, work, work)
def test_it_may_be_added_in_parts(hours: WorkingHours, since: datetime, first: timedelta, then: timedelta) -> None:
    assert add_working(hours, add_working(hours, since, first), then) == add_working(hours, since, first + then)


@given(hours, moments, moments, moments)
def test_time_is_the_sum_of_its_parts(hours: WorkingHours, a: datetime, b: datetime, c: datetime) -> None:
    a, b, c = sorted((a, b, c))
    assert worked_between(hours, a, b) + worked_between(hours, b, c) == worked_between(hours, a, c)
    assert timedelta() <= worked_between(hours, a, c) <= c - a
    assert worked_between(hours, c, a) == timedelta()


@given(st.sampled_from(ZONES), moments, moments)
def test_always_is_the_time_itself(zone: str, a: datetime, b: datetime) -> None:
    a, b = sorted((a, b))
    assert worked_between(read_hours("always", zone), a, b) == b - a


@given(hours, moments)
def test_a_moment_is_working_time_when_the_wall_clock_says_so(hours: WorkingHours, at: datetime) -> None:
    """Where the clock shows a time once; what it shows twice is told by the cases."""
    local = at.replace(second=0, microsecond=0).astimezone(hours.zone)
    if local.replace(fold=1).utcoffset() != local.replace(fold=0).utcoffset():
        return
    minute = local.hour * 60 + local.minute
    inside = any(since <= minute < until for since, until in hours.week[local.weekday()])
    assert worked_between(hours, local, local + MINUTE) == (MINUTE if inside else timedelta())


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("mon 09:00-17:00", "540-1020 - - - - - -"),
        ("mon-fri 09:00-17:00, sat 10:00-14:00", "540-1020 540-1020 540-1020 540-1020 540-1020 600-840 -"),
        ("fri-mon 10:00-11:00", "600-660 - - - 600-660 600-660 600-660"),
        (" MON  13:00-24:00 ,mon 00:00-12:00", "0-720,780-1440 - - - - - -"),
        ("always", " ".join(["0-1440"] * 7)),
    ],
)
def test_hours_are_read(text: str, week: str) -> None:
    read = read_hours(text, "UTC").week
    assert " ".join(",".join(f"{a}-{b}" for a, b in day) or "-" for day in read) == week


@pytest.mark.parametrize(
    ("text", "zone", "wrong"),
    [
        ("", "UTC", "is not like"),
        ("mon-fri", "UTC", "is not like"),
        ("mon-fri 9:00-17:00", "UTC", "is not like"),
        ("mon-fry 09:00-17:00", "UTC", "names a day"),
        ("mon 17:00-09:00", "UTC", "no hours of one day"),
        ("mon 09:00-09:00", "UTC", "no hours of one day"),
        ("mon 09:60-17:00", "UTC", "no hours of one day"),
        ("mon 09:00-24:01", "UTC", "no hours of one day"),
        ("mon 09:00-12:00, mon-tue 11:00-13:00", "UTC", "overlap"),
        ("mon 09:00-09:30", "UTC", "an hour a week"),
        ("always", "Europe/Nowhere", "no time zone"),
        ("always", "../etc/passwd", "no time zone"),
        ("always", "", "no time zone"),
    ],
)
def test_hours_that_cannot_be_read_are_refused_by_name(text: str, zone: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_hours(text, zone)
