"""What a person may use now: one frozen value, computed from stored facts and the time, never toggled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import FilteredRelation, Q
from django.utils import timezone

from accounts.models import User
from billing.models import Plan
from billing.periods import anchor_of, midnight, period_at
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
        valid_until=best.held__valid_until if best.code != Plan.FREE else None,
        period_start=midnight(start),
        resets_at=midnight(following),
    )


def _plans_and_grants(user: User) -> list[Any]:
    """The free plan, and a row for each grant that the person has ever had."""
    # In the join and not in the WHERE: only this person's grants are looked at, by their index.
    own = FilteredRelation("grants", condition=Q(grants__user=user))
    rows = Plan.objects.alias(held=own).filter(Q(code=Plan.FREE) | Q(held__isnull=False))
    plan = ("code", "name", "rank", "device_limit", "quota_bytes", "premium_locations")
    grant = ("held__created_at", "held__valid_until", "held__revoked_at")
    return list(rows.order_by("held__created_at").values_list(*plan, *grant, named=True))


def _until(row: Any) -> datetime:
    return row.held__valid_until or FOR_EVER


def _ended(row: Any) -> datetime:
    """When a grant ended, or is to end."""
    return min(_until(row), row.held__revoked_at or FOR_EVER)


def _holds(row: Any, now: datetime) -> bool:
    return row.held__created_at is not None and row.held__revoked_at is None and _until(row) > now


def _anchor(user: User, best: Any, rows: list[Any]) -> date:
    """The day from which periods are counted."""
    grants = [row for row in rows if row.held__created_at is not None]
    if best.held__created_at is None:
        return anchor_of(_without(user.date_joined.date(), grants))
    return anchor_of([(row.held__created_at.date(), _ended(row).date()) for row in grants if row.code == best.code])


def _without(joined: date, grants: list[Any]) -> list[tuple[date, date]]:
    """When the person had no grant: the first and the last day of each time."""
    found, begins = [], joined
    for row in grants:
        if begins <= row.held__created_at.date():
            found.append((begins, row.held__created_at.date()))
        begins = max(begins, (_ended(row) + timedelta(days=1)).date())
    return [*found, (begins, FOR_EVER.date())]
