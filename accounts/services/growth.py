"""How many customers there are, and how many came.

Days are those of UTC. A day that is over is counted once and kept as a `PeopleDay`; what came after the last of them is counted anew each
time, by an index. Staff, who are few and become staff and cease to be it later, are in the sums and are taken off by their own index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max, Min
from django.utils import timezone

from accounts.models import PeopleDay, User

DAYS, MONTHS = 30, 12
# What was begun before midnight is committed by then; what took longer all the same is found by counting these days again.
SETTLED = timedelta(hours=1)
AGAIN = timedelta(days=3)
# At the first time there may be years to count: so many days in one statement.
AT_ONCE = timedelta(days=31)
_CAME = """
SELECT day, sum(came)::int FROM (
    SELECT day, joined AS came FROM accounts_peopleday WHERE day >= %(first)s AND day < %(open)s
    UNION ALL
    SELECT (date_joined AT TIME ZONE 'UTC')::date, count(*) FROM accounts_user
    WHERE date_joined >= greatest(%(since)s, %(opens)s) GROUP BY 1
    UNION ALL
    SELECT (date_joined AT TIME ZONE 'UTC')::date, -count(*) FROM accounts_user
    WHERE is_staff AND date_joined >= %(since)s GROUP BY 1
) AS counted GROUP BY day
"""
_THERE = """
SELECT (SELECT coalesce(sum(joined - erased), 0)::int FROM accounts_peopleday WHERE day < %(open)s)
     + (SELECT count(*) FROM accounts_user WHERE date_joined >= %(opens)s)
     - (SELECT count(*) FROM accounts_user WHERE erased_at >= %(opens)s)
     - (SELECT count(*) FROM accounts_user WHERE is_staff AND erased_at IS NULL)
"""
_COUNT = """
INSERT INTO accounts_peopleday (day, joined, erased)
SELECT day, sum(joined), sum(erased) FROM (
    SELECT (date_joined AT TIME ZONE 'UTC')::date AS day, count(*) AS joined, 0 AS erased FROM accounts_user
    WHERE date_joined >= %(since)s AND date_joined < %(until)s GROUP BY 1
    UNION ALL
    SELECT (erased_at AT TIME ZONE 'UTC')::date, 0, count(*) FROM accounts_user
    WHERE erased_at >= %(since)s AND erased_at < %(until)s GROUP BY 1
) AS found GROUP BY day ORDER BY day
ON CONFLICT (day) DO UPDATE SET joined = excluded.joined, erased = excluded.erased
WHERE (accounts_peopleday.joined, accounts_peopleday.erased) <> (excluded.joined, excluded.erased)
"""


@dataclass(frozen=True, slots=True)
class Growth:
    """`days` and `months` are oldest first, each with how many accounts of customers were made in it; `total` are those not erased."""

    as_of: datetime
    total: int
    days: list[tuple[date, int]]
    months: list[tuple[date, int]]


def growth() -> Growth:
    """Three statements."""
    now = timezone.now()
    today = now.astimezone(UTC).date()
    numbers = [today.year * 12 + today.month - 1 - back for back in reversed(range(MONTHS))]
    firsts = [date(number // 12, number % 12 + 1, 1) for number in numbers]
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    # Asked first, and told to the others: a day that is counted meanwhile is in their sums as little as before.
    first_open = _first_open()
    values: dict[str, Any] = {"open": first_open, "opens": _begin(first_open)}
    with connection.cursor() as cursor:
        cursor.execute(_THERE, values)
        total = int(cursor.fetchone()[0])
        cursor.execute(_CAME, {**values, "first": firsts[0], "since": _begin(firsts[0])})
        came = dict(cursor.fetchall())
    of_month = dict.fromkeys(firsts, 0)
    for day, count in came.items():
        of_month[day.replace(day=1)] = of_month.get(day.replace(day=1), 0) + count
    return Growth(now, total, [(day, came.get(day, 0)) for day in days], [(first, of_month[first]) for first in firsts])


def count_finished_days() -> int:
    """Count the days that are over, the oldest that may not be right first; returns how many rows are new or others. May be repeated."""
    until = _begin((timezone.now() - SETTLED).astimezone(UTC).date())
    first_joined = User.objects.aggregate(at=Min("date_joined"))["at"]
    if first_joined is None:
        return 0
    first = _first_open()
    again = first if first == date.min else first - AGAIN
    since = max(_begin(again), _begin(first_joined.astimezone(UTC).date()))
    counted = 0
    while since < until:
        end = min(since + AT_ONCE, until)
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, {"since": since, "until": end})
            counted += cursor.rowcount
        since = end
    return counted


def _first_open() -> date:
    """The day after the last one that was counted; before the first count, the first day there is."""
    last = PeopleDay.objects.aggregate(day=Max("day"))["day"]
    return date.min if last is None else last + timedelta(days=1)


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
