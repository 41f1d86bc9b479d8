"""How recurring revenue moved month by month, counted behind the pages that show it.

It is a state of everybody's at two moments and no sum of days: whoever comes and goes within a month is in neither. And what is told late,
an end, an invoice or a refund, changes months that are over. So a job counts all of it anew, and pages say as of when.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from billing.models import RecurringMonth
from billing.periods import midnight
from billing.services.recurring import Movement, movements
from billing.services.reports import month_bounds

MONTHS = 12
WORK_MEM = "64MB"
_COUNTED = [field.name for field in fields(Movement) if field.name not in ("since", "currency")]


def count_recurring_months() -> int:
    """Count the last MONTHS months, the present one until now; returns how many rows there are. May be repeated."""
    now = timezone.now()
    # Readers see what was counted before or all of what is counted now.
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Everybody who ever paid is sorted more than once: in memory where they fit.
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
        rows = [_row(found, now) for found in movements(month_bounds(now, MONTHS))]
        RecurringMonth.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["month", "currency"],
            update_fields=[*_COUNTED, "counted_at"],
        )
        RecurringMonth.objects.filter(counted_at__lt=now).delete()
    return len(rows)


def last_counted() -> tuple[datetime | None, list[Movement]]:
    """What was counted last, and when; the newest month first. None where there was nothing to count. One query."""
    rows = list(RecurringMonth.objects.all())
    found = [
        Movement(midnight(row.month), row.currency, **{name: getattr(row, name) for name in _COUNTED}) for row in rows
    ]
    return min((row.counted_at for row in rows), default=None), found


def _row(found: Movement, now: datetime) -> RecurringMonth:
    values = asdict(found)
    return RecurringMonth(month=values.pop("since").date(), counted_at=now, **values)
