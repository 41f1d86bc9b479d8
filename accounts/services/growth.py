"""How many customers there are, and how many came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.utils import timezone

DAYS, MONTHS = 30, 12
# Days are those of UTC. Everybody is counted in the index by date alone, and staff, who are few, taken off by their own index.
_CAME = """
SELECT day, sum(came)::int FROM (
    SELECT (date_joined AT TIME ZONE 'UTC')::date AS day, count(*) AS came FROM accounts_user
    WHERE date_joined >= %(since)s GROUP BY 1
    UNION ALL
    SELECT (date_joined AT TIME ZONE 'UTC')::date, -count(*) FROM accounts_user
    WHERE is_staff AND date_joined >= %(since)s GROUP BY 1
) AS counted GROUP BY day
"""
_THERE = "SELECT count(*) FROM accounts_user WHERE NOT is_staff AND erased_at IS NULL"


@dataclass(frozen=True, slots=True)
class Growth:
    """`days` and `months` are oldest first, each with how many accounts of customers were made in it; `total` are those not erased."""

    as_of: datetime
    total: int
    days: list[tuple[date, int]]
    months: list[tuple[date, int]]


def growth() -> Growth:
    """Two statements."""
    now = timezone.now()
    today = now.astimezone(UTC).date()
    numbers = [today.year * 12 + today.month - 1 - back for back in reversed(range(MONTHS))]
    firsts = [date(number // 12, number % 12 + 1, 1) for number in numbers]
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    since = datetime(firsts[0].year, firsts[0].month, 1, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute(_THERE)
        total = int(cursor.fetchone()[0])
        cursor.execute(_CAME, {"since": since})
        came = dict(cursor.fetchall())
    of_month = dict.fromkeys(firsts, 0)
    for day, count in came.items():
        of_month[day.replace(day=1)] = of_month.get(day.replace(day=1), 0) + count
    return Growth(now, total, [(day, came.get(day, 0)) for day in days], [(first, of_month[first]) for first in firsts])
