"""Usage as people see it: sums of what nodes counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.utils import timezone

from accounts.models import User
from billing.entitlements import Entitlement, entitlement_beside
from vpn.models import UsageRecord

LONGEST_PERIOD = timedelta(days=31)
# The days of one person with any usage: what is shown, and what all devices used.
_DAYS = """
SELECT json_agg(json_build_array(
    day.record_date, coalesce(day.up, 0), coalesce(day.down, 0), day.all_up, day.all_down
)) FROM (
    SELECT r.record_date, sum(r.bytes_up) AS all_up, sum(r.bytes_down) AS all_down,
        sum(r.bytes_up) FILTER (WHERE %(device)s::uuid IS NULL OR r.device_id = %(device)s::uuid) AS up,
        sum(r.bytes_down) FILTER (WHERE %(device)s::uuid IS NULL OR r.device_id = %(device)s::uuid) AS down
    FROM vpn_usagerecord r WHERE r.user_id = %(user)s AND r.record_date >= %(since)s GROUP BY r.record_date
) day
"""


@dataclass(frozen=True, slots=True)
class UsageTotal:
    """Bytes since a day (UTC)."""

    bytes_up: int
    bytes_down: int
    since: date

    @property
    def total(self) -> int:
        return self.bytes_up + self.bytes_down


def usage_since(user_id: UUID, since: date, device_id: UUID | None = None) -> UsageTotal:
    """Of all devices of the person, removed ones included, or of one."""
    records = UsageRecord.objects.filter(user_id=user_id, record_date__gte=since)
    if device_id is not None:
        records = records.filter(device_id=device_id)
    sums = records.aggregate(up=Sum("bytes_up", default=0), down=Sum("bytes_down", default=0))
    return UsageTotal(int(sums["up"]), int(sums["down"]), since)


def usage_report(
    user_id: UUID, days: int, since: date, device_id: UUID | None = None
) -> tuple[list[dict[str, Any]], UsageTotal]:
    """One entry a day for the last `days` days, the oldest first, days without usage included, of one device if it is named;
    and what `usage_since` says of all devices. One query for both.
    """
    first = timezone.now().date() - timedelta(days=days - 1)
    shown = Q() if device_id is None else Q(device_id=device_id)
    rows = (
        UsageRecord.objects.filter(user_id=user_id, record_date__gte=min(first, since))
        .order_by()
        .values_list("record_date")
        .annotate(
            up=Sum("bytes_up", filter=shown, default=0),
            down=Sum("bytes_down", filter=shown, default=0),
            all_up=Sum("bytes_up"),
            all_down=Sum("bytes_down"),
        )
    )
    return _report(rows, first, days, since)


def _report(rows: Iterable[Any], first: date, days: int, since: date) -> tuple[list[dict[str, Any]], UsageTotal]:
    """`rows` are days with the sums of what is shown and of all devices."""
    found, total_up, total_down = {}, 0, 0
    for day, up, down, all_up, all_down in rows:
        found[day] = (int(up), int(down))
        if day >= since:
            total_up, total_down = total_up + int(all_up), total_down + int(all_down)
    return _every_day(found, first, days), UsageTotal(total_up, total_down, since)


def usage_of_plan(
    user: User, days: int, device_id: UUID | None = None
) -> tuple[Entitlement, list[dict[str, Any]], UsageTotal]:
    """What the person may use, and `usage_report` for the present period of it, of now and in one query.

    The period's first day is not known when the query is written, but no period is longer than a month.
    """
    first = timezone.now().date() - timedelta(days=days - 1)
    since = min(first, timezone.now().date() - LONGEST_PERIOD)
    entitlement, beside = entitlement_beside(user, _DAYS, {"since": since, "device": device_id})
    start = entitlement.period_start.date()
    rows = [(date.fromisoformat(day), *sums) for day, *sums in beside or ()]
    items, period = _report(rows, first, days, start)
    return entitlement, items, period


def usage_of_devices(device_ids: Sequence[UUID], days: int) -> dict[UUID, list[int]]:
    """Bytes both ways on each of the last `days` days, the oldest first, by device; one query for all of them.

    A device without any record in these days is not in it.
    """
    first = timezone.now().date() - timedelta(days=days - 1)
    rows = UsageRecord.objects.filter(device_id__in=device_ids, record_date__gte=first).order_by()
    found: dict[UUID, list[int]] = {}
    for device_id, day, up, down in rows.values_list("device_id", "record_date", "bytes_up", "bytes_down"):
        # A node's clock may be past our midnight.
        offset = min((day - first).days, days - 1)
        found.setdefault(device_id, [0] * days)[offset] += up + down
    return found


def has_used_any(device_ids: Sequence[UUID]) -> bool:
    """Whether a node has ever counted anything for one of these."""
    return UsageRecord.objects.filter(device_id__in=device_ids).exists()


def _every_day(found: dict[date, tuple[int, int]], first: date, days: int) -> list[dict[str, Any]]:
    listed = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        up, down = found.get(day, (0, 0))
        listed.append({"date": day, "bytes_up": up, "bytes_down": down})
    return listed
