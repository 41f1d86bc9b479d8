"""The ledger's money, added up by days once a day's writing is over.

How much of a movement is tax is what its invoice says, by share: of a part that was paid with credit or paid back, its part. An invoice
that is paid does not change, so neither does this.
"""

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
# Entries `e` with the tax in each; fees and what staff book have no invoice's tax in them.
ENTRIES = """billing_ledgerentry e LEFT JOIN billing_invoice i
    ON i.stripe_id = e.invoice_id AND i.total_minor > 0 AND e.kind IN ('charge', 'refund', 'dispute', 'dispute_reversal')"""
TAX = "coalesce(round(e.amount_minor * i.tax_minor::numeric / i.total_minor), 0)::bigint"
_ADD_UP = f"""
INSERT INTO billing_ledgerday (recorded_on, occurred_on, kind, currency, price_id, amount_minor, tax_minor)
SELECT (e.recorded_at AT TIME ZONE 'UTC')::date, (e.occurred_at AT TIME ZONE 'UTC')::date, e.kind, e.currency, e.price_id,
       sum(e.amount_minor), sum({TAX})
FROM {ENTRIES} WHERE e.account = 'money' AND e.recorded_at >= %(since)s AND e.recorded_at < %(until)s
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (recorded_on, occurred_on, kind, currency, price_id)
DO UPDATE SET amount_minor = excluded.amount_minor, tax_minor = excluded.tax_minor
WHERE (billing_ledgerday.amount_minor, billing_ledgerday.tax_minor) <> (excluded.amount_minor, excluded.tax_minor)
"""  # noqa: S608  (put together from what stands here)


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
