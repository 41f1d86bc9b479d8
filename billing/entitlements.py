"""What a person may use now: one frozen value, computed from stored facts and the time, never toggled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import FilteredRelation, Q
from django.utils import timezone

from accounts.models import User
from billing.models import Plan
from nexusvpn.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Entitlement:
    """`quota_bytes` None is unlimited; `valid_until` None is "until something changes"; times are UTC."""

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
    valid = Q(grants__valid_until=None) | Q(grants__valid_until__gt=now)
    row = (
        Plan.objects.alias(
            # In the join and not in the WHERE: only this person's grants are looked at, by their index.
            held=FilteredRelation("grants", condition=Q(grants__user=user, grants__revoked_at=None) & valid)
        )
        .filter(Q(code=Plan.FREE) | Q(held__isnull=False))
        .order_by("-rank", "-held__valid_until")
        .values_list(
            "code", "name", "device_limit", "quota_bytes", "premium_locations", "held__valid_until", named=True
        )
        .first()
    )
    if row is None:
        raise Unavailable("No plan has been set up yet.", code="no_plan", retry_after=60)
    start = datetime(now.year, now.month, 1, tzinfo=UTC)
    following = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    return Entitlement(
        plan_code=row.code,
        plan_name=row.name,
        device_limit=row.device_limit,
        quota_bytes=row.quota_bytes,
        premium_locations=row.premium_locations,
        valid_until=row.held__valid_until if row.code != Plan.FREE else None,
        period_start=start,
        resets_at=following,
    )
