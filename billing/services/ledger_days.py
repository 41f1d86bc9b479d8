"""The ledger's money, added up by days once a day's writing is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.db.models import Max, Min
from django.utils import timezone

from billing.models import LedgerDay, LedgerEntry
from billing.periods import midnight

# What was begun before midnight is committed by then; what took longer all the same is found by adding these days up again.
SETTLED = timedelta(hours=1)
AGAIN = timedelta(days=3)
# At the first time there may be years to add up: so many days in one statement.
AT_ONCE = timedelta(days=31)
_ADD_UP = """
INSERT INTO billing_ledgerday (recorded_on, occurred_on, kind, currency, price_id, amount_minor)
SELECT (recorded_at AT TIME ZONE 'UTC')::date, (occurred_at AT TIME ZONE 'UTC')::date, kind, currency, price_id, sum(amount_minor)
FROM billing_ledgerentry WHERE account = 'money' AND recorded_at >= %(since)s AND recorded_at < %(until)s
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (recorded_on, occurred_on, kind, currency, price_id) DO UPDATE SET amount_minor = excluded.amount_minor
WHERE billing_ledgerday.amount_minor <> excluded.amount_minor
"""


def first_open() -> date:
    """The day after the last one whose writing is added up; before there is any, the first day there is."""
    last = LedgerDay.objects.aggregate(day=Max("recorded_on"))["day"]
    return date.min if last is None else last + timedelta(days=1)


def add_up_finished_days() -> int:
    """Add up the days that are over, the oldest that may not be right first; returns how many sums are new or others. May be repeated."""
    until = midnight((timezone.now() - SETTLED).astimezone(UTC).date())
    first = first_open()
    since = _next_written(midnight(first if first == date.min else first - AGAIN), until)
    added = 0
    while since is not None:
        end = min(since + AT_ONCE, until)
        with connection.cursor() as cursor:
            cursor.execute(_ADD_UP, {"since": since, "until": end})
            added += cursor.rowcount
        since = _next_written(end, until)
    return added


def _next_written(since: datetime, until: datetime) -> datetime | None:
    """The beginning of the next day on which anything was written down."""
    rows = LedgerEntry.objects.filter(recorded_at__gte=since, recorded_at__lt=until)
    found = rows.aggregate(at=Min("recorded_at"))["at"]
    return None if found is None else midnight(found.astimezone(UTC).date())
