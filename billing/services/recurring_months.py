"""How recurring revenue moved month by month, and what it is by plan, counted behind the pages that show it.

It is a state of everybody's at two moments and no sum of days: whoever comes and goes within a month is in neither. And what is told late,
an end, an invoice or a refund, changes months that are over. So a job counts all of it anew, and pages say as of when.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models.functions import JSONObject
from django.utils import timezone

from billing.models import RecurringCount, RecurringMonth
from billing.periods import midnight
from billing.services.recurring import Movement, PlanMrr, movements, mrr_by_plan
from billing.services.reports import month_bounds

# As many as a page offers.
MONTHS = 60
WORK_MEM = "64MB"
_COUNTED = [field.name for field in fields(Movement) if field.name not in ("since", "currency")]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted at `at`, of the months from `since` on, the newest first; `by_plan` is as of then."""

    at: datetime
    since: date
    months: list[Movement]
    by_plan: list[PlanMrr]

    def knows(self, month: date) -> bool:
        """Whether this month was looked at: if it was and has no row, there was nothing in it."""
        return self.since <= month <= self.at.astimezone(UTC).date()


def count_recurring_months() -> int:
    """Count the last MONTHS months, the present one until now; returns how many rows there are. May be repeated."""
    now = timezone.now()
    bounds = month_bounds(now, MONTHS)
    # Apart from the writing, which would fail under a snapshot where two count at once.
    with _one_snapshot():
        rows = [_row(found, now) for found in movements(bounds)]
        by_plan = [_plan(found) for found in mrr_by_plan([now])]
    # Readers see what was counted before or all of what is counted now.
    with transaction.atomic():
        RecurringMonth.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["month", "currency"],
            update_fields=[*_COUNTED, "counted_at"],
        )
        RecurringMonth.objects.filter(counted_at__lt=now).delete()
        count = {"since": bounds[0].date(), "by_plan": by_plan, "counted_at": now}
        RecurringCount.objects.update_or_create(pk=1, defaults=count)
    return len(rows)


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """What is read in it is as of one moment: the plans add up to what the month ends with. In a transaction, as that one sees it."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if is_outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Everybody who ever paid is sorted more than once: in memory where they fit.
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
        yield


def last_counted(since: date) -> Counted | None:
    """What was counted last, of the months from `since` on; None before the first count. One query."""
    months = RecurringMonth.objects.filter(month__gte=since).values(
        found=JSONObject(since="month", currency="currency", **{name: name for name in _COUNTED})
    )
    # In one statement: between two, a job may write.
    count = RecurringCount.objects.annotate(months=ArraySubquery(months)).first()
    if count is None:
        return None
    return Counted(
        at=count.counted_at,
        since=count.since,
        months=[Movement(**{**row, "since": midnight(date.fromisoformat(row["since"]))}) for row in count.months],
        by_plan=[PlanMrr(at=count.counted_at, **row) for row in count.by_plan],
    )


def _row(found: Movement, now: datetime) -> RecurringMonth:
    values = asdict(found)
    return RecurringMonth(month=values.pop("since").date(), counted_at=now, **values)


def _plan(found: PlanMrr) -> dict[str, str | int]:
    """Without the time, which is that of the count."""
    return {name: value for name, value in asdict(found).items() if name != "at"}
