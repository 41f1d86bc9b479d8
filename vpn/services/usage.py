"""Usage as people see it: sums of what nodes counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from vpn.models import UsageRecord


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


def usage_by_day(user_id: UUID, days: int, device_id: UUID | None = None) -> list[dict[str, Any]]:
    """One entry a day for the last `days` days, the oldest first, days without usage included."""
    today = timezone.now().date()
    first = today - timedelta(days=days - 1)
    records = UsageRecord.objects.filter(user_id=user_id, record_date__gte=first)
    if device_id is not None:
        records = records.filter(device_id=device_id)
    found = {
        day: (int(up), int(down))
        for day, up, down in records.order_by()
        .values_list("record_date")
        .annotate(up=Sum("bytes_up"), down=Sum("bytes_down"))
    }
    listed = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        up, down = found.get(day, (0, 0))
        listed.append({"date": day, "bytes_up": up, "bytes_down": down})
    return listed
