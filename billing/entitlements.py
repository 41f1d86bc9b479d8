"""What a person may use now: one frozen value, computed from stored facts and the time, never toggled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from accounts.models import User
from billing.models import Plan, PlanGrant
from billing.periods import midnight, period_at
from nexusvpn.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Entitlement:
    """`quota_bytes` None is unlimited; `valid_until` None is "until something changes"; times are UTC.

    A period is a month that begins on the plan's own day: that of its grant, for the free plan the day after the last grant ended or the
    day of the sign-up. A change of plan therefore begins a period, and nothing that was used under another plan counts against the new one.
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
    valid = Q(grants__valid_until=None) | Q(grants__valid_until__gt=now)
    row = (
        Plan.objects.alias(
            # In the join and not in the WHERE: only this person's grants are looked at, by their index.
            held=FilteredRelation("grants", condition=Q(grants__user=user, grants__revoked_at=None) & valid)
        )
        .annotate(last_ended=Subquery(_last_ended(user, now)))
        .filter(Q(code=Plan.FREE) | Q(held__isnull=False))
        .order_by("-rank", "-held__valid_until")
        .values_list(
            "code",
            "name",
            "device_limit",
            "quota_bytes",
            "premium_locations",
            "held__valid_until",
            "held__created_at",
            "last_ended",
            named=True,
        )
        .first()
    )
    if row is None:
        raise Unavailable("No plan has been set up yet.", code="no_plan", retry_after=60)
    start, following = period_at(_anchor(user, row), now.date())
    return Entitlement(
        plan_code=row.code,
        plan_name=row.name,
        device_limit=row.device_limit,
        quota_bytes=row.quota_bytes,
        premium_locations=row.premium_locations,
        valid_until=row.held__valid_until if row.code != Plan.FREE else None,
        period_start=midnight(start),
        resets_at=midnight(following),
    )


def _last_ended(user: User, now: datetime) -> QuerySet[Any]:
    """When the last of a person's grants ended that are over."""
    ended_at = Least(Coalesce("revoked_at", "valid_until"), Coalesce("valid_until", "revoked_at"))
    over = PlanGrant.objects.filter(user=user).annotate(_ended_at=ended_at).filter(_ended_at__lte=now)
    return over.order_by("-_ended_at").values("_ended_at")[:1]


def _anchor(user: User, row: Any) -> date:
    """The day from which periods are counted."""
    if row.held__created_at is not None:
        return row.held__created_at.date()  # type: ignore[no-any-return]
    if row.last_ended is not None:
        return (row.last_ended + timedelta(days=1)).date()  # type: ignore[no-any-return]
    return user.date_joined.date()
