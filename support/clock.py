"""Working time: how much of it lies between two moments, and when so much of it will have passed. Pure functions, no Django.

Hours are those of a wall clock. Where that is put forward, what it skips is no working time; where it is put back, an hour that it shows
twice ends a span, and begins one, the first time. Moments are aware and answers are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
# So that even the longest promise ends within the calendar.
LEAST_A_WEEK = 60
_PART = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)")

# Minutes since the local midnight, from and until.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """For each day of the week, Monday first, its spans in their order, which do not overlap."""

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]


def read_hours(text: str, zone: str) -> WorkingHours:
    """Of "mon-fri 09:00-17:00, sat 10:00-14:00" or "always", in a time zone of the IANA's; raises ValueError with what is wrong."""
    place = _zone(zone)
    if text.strip().lower() == "always":
        return WorkingHours(place, (((0, DAY_MINUTES),),) * len(DAYS))
    week: list[list[Span]] = [[] for _ in DAYS]
    for part in text.lower().split(","):
        for number, span in _part(" ".join(part.split())):
            week[number].append(span)
    for spans in week:
        spans.sort()
        if any(earlier[1] > later[0] for earlier, later in pairwise(spans)):
            raise ValueError("hours of one day overlap")
    if sum(until - since for spans in week for since, until in spans) < LEAST_A_WEEK:
        raise ValueError("there must be at least an hour a week")
    return WorkingHours(place, tuple(tuple(spans) for spans in week))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}") from None


def _part(text: str) -> list[tuple[int, Span]]:
    """The days, by number, and the span of "mon-fri 09:00-17:00"."""
    found = _PART.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not like mon-fri 09:00-17:00")
    first, last = found[1], found[2] or found[1]
    if first not in DAYS or last not in DAYS:
        raise ValueError(f"{text!r} names a day that there is not")
    since, until = (int(found[n]) * 60 + int(found[n + 1]) for n in (3, 5))
    if int(found[4]) > 59 or int(found[6]) > 59 or not since < until <= DAY_MINUTES:
        raise ValueError(f"{text!r} has no hours of one day")
    count = (DAYS.index(last) - DAYS.index(first)) % len(DAYS) + 1
    return [((DAYS.index(first) + n) % len(DAYS), (since, until)) for n in range(count)]


def add_working(hours: WorkingHours, since: datetime, work: timedelta) -> datetime:
    """When so much working time will have passed; what ends with a span ends then, not when the next one begins."""
    if not work:
        return since.astimezone(UTC)
    left = work
    for begin, end in _spans(hours, since):
        if left <= end - begin:
            return begin + left
        left -= end - begin
    raise AssertionError("the days have no end")


def worked_between(hours: WorkingHours, since: datetime, until: datetime) -> timedelta:
    """How much working time lies between the moments; none where they are the other way round."""
    total = timedelta()
    for begin, end in _spans(hours, since):
        if begin >= until:
            return total
        total += min(end, until.astimezone(UTC)) - begin
    raise AssertionError("the days have no end")


def _spans(hours: WorkingHours, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is left of each span from that moment on, in UTC, in their order, without end."""
    moment = since.astimezone(UTC)
    # A day earlier, for zones whose midnight comes twice.
    day = moment.astimezone(hours.zone).date() - timedelta(days=1)
    while True:
        for span in hours.week[day.weekday()]:
            begin, end = (_instant(hours.zone, day, minute) for minute in span)
            begin = max(begin, moment)
            if begin < end:
                yield begin, end
        day += timedelta(days=1)


def _instant(zone: ZoneInfo, day: date, minute: int) -> datetime:
    """The first moment at which the wall clock shows this minute of the day or, where it skips it, a later one."""
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    after = local.replace(tzinfo=zone).astimezone(UTC)
    if after.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return after
    # With either offset it is another time: the clock was put forward between the two, and that is looked for.
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
