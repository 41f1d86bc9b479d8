"""What a person may use now: one frozen value, computed from stored facts and the time, never toggled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from accounts.models import User
from billing.models import Plan
from billing.periods import anchor_of, midnight, period_at
from nexusvpn.db import planned_once
from nexusvpn.errors import Unavailable

# Later than any date that staff can mean; a day can be added to it.
FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """`quota_bytes` None is unlimited; `valid_until` None is "until something changes"; times are UTC.

    A period is a month that begins on the plan's own day: that of its grant, for the free plan the day after the last grant ended or the
    day of the sign-up. A plan that was left and is taken up again within that month goes on with it, so nobody gets a month's data anew
    by a longer grant, or by leaving and coming back.
    """

    plan_code: str
    plan_name: str
    device_limit: int
    quota_bytes: int | None
    premium_locations: bool
    valid_until: datetime | None
    period_start: datetime
    resets_at: datetime


# Written out, since it is asked by nearly every request: the ORM would write it anew each time, at several times its cost.
_PLANS_AND_GRANTS = """
SELECT p.code, p.name, p.rank, p.device_limit, p.quota_bytes, p.premium_locations, g.created_at, g.valid_until, g.revoked_at
FROM billing_plan p
LEFT JOIN billing_plangrant g ON g.plan_id = p.id AND g.user_id = %(user)s
WHERE p.code = %(free)s OR g.id IS NOT NULL
ORDER BY g.created_at
"""


class _Row(NamedTuple):
    """A plan and a grant of it; the free plan alone stands without one."""

    code: str
    name: str
    rank: int
    device_limit: int
    quota_bytes: int | None
    premium_locations: bool
    granted_at: datetime | None
    valid_until: datetime | None
    revoked_at: datetime | None


def entitlement_for(user: User, at: datetime | None = None) -> Entitlement:
    """The highest plan among the free one and the grants that hold at that time; one query."""
    now = at or timezone.now()
    rows = _plans_and_grants(user)
    holding = [row for row in rows if row.code == Plan.FREE or _holds(row, now)]
    if not holding:
        raise Unavailable("No plan has been set up yet.", code="no_plan", retry_after=60)
    best = max(holding, key=lambda row: (row.rank, _until(row)))
    start, following = period_at(_anchor(user, best, rows), now.date())
    return Entitlement(
        plan_code=best.code,
        plan_name=best.name,
        device_limit=best.device_limit,
        quota_bytes=best.quota_bytes,
        premium_locations=best.premium_locations,
        valid_until=best.valid_until if best.code != Plan.FREE else None,
        period_start=midnight(start),
        resets_at=midnight(following),
    )


def _plans_and_grants(user: User) -> list[_Row]:
    """The free plan, and a row for each grant that the person has ever had, the oldest first."""
    with planned_once() as cursor:
        cursor.execute(_PLANS_AND_GRANTS, {"user": user.pk, "free": Plan.FREE})
        return [_Row(*row) for row in cursor.fetchall()]


def _until(row: _Row) -> datetime:
    return row.valid_until or FOR_EVER


def _ended(row: _Row) -> datetime:
    """When a grant ended, or is to end."""
    return min(_until(row), row.revoked_at or FOR_EVER)


def _holds(row: _Row, now: datetime) -> bool:
    return row.granted_at is not None and row.revoked_at is None and _until(row) > now


def _anchor(user: User, best: _Row, rows: list[_Row]) -> date:
    """The day from which periods are counted."""
    if best.granted_at is None:
        return anchor_of(_between(user.date_joined.date(), _spans(rows)))
    return anchor_of(_spans([row for row in rows if row.code == best.code]))


def _spans(rows: list[_Row]) -> list[tuple[date, date]]:
    """The first and the last day of each grant."""
    return [(row.granted_at.date(), _ended(row).date()) for row in rows if row.granted_at is not None]


def _between(joined: date, grants: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """When the person had no grant: the first and the last day of each time."""
    found, begins = [], joined
    for first, last in grants:
        if begins <= first:
            found.append((begins, first))
        begins = max(begins, last + timedelta(days=1))
    return [*found, (begins, FOR_EVER.date())]
