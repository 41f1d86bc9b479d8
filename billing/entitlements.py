"""What a person may use now: one frozen value, computed from stored facts and the time, never toggled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from accounts.models import User
from billing.models import Plan
from billing.periods import midnight, period_at
from nexusvpn.db import planned_once
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


# Written out, since it is asked by nearly every request: the ORM would write it anew each time, at several times its cost. A grant that
# is over is one that was revoked or has come to its date, whichever was first; LEAST passes over what is NULL.
_HELD = """
SELECT p.code, p.name, p.device_limit, p.quota_bytes, p.premium_locations, g.valid_until, g.created_at,
       (SELECT max(least(o.revoked_at, o.valid_until)) FROM billing_plangrant o
        WHERE o.user_id = %(user)s AND least(o.revoked_at, o.valid_until) <= %(now)s)
FROM billing_plan p
LEFT JOIN billing_plangrant g ON g.plan_id = p.id AND g.user_id = %(user)s AND g.revoked_at IS NULL
    AND (g.valid_until IS NULL OR g.valid_until > %(now)s)
WHERE p.code = %(free)s OR g.id IS NOT NULL
ORDER BY p.rank DESC, g.valid_until DESC NULLS FIRST
LIMIT 1
"""


class _Held(NamedTuple):
    """The plan that holds, its grant where it has one, and when the last grant ended that is over."""

    code: str
    name: str
    device_limit: int
    quota_bytes: int | None
    premium_locations: bool
    valid_until: datetime | None
    granted_at: datetime | None
    last_ended: datetime | None


def entitlement_for(user: User, at: datetime | None = None) -> Entitlement:
    """The highest plan among the free one and the grants that hold at that time; one query."""
    now = at or timezone.now()
    with planned_once() as cursor:
        cursor.execute(_HELD, {"user": user.pk, "now": now, "free": Plan.FREE})
        found = cursor.fetchone()
    if found is None:
        raise Unavailable("No plan has been set up yet.", code="no_plan", retry_after=60)
    held = _Held(*found)
    start, following = period_at(_anchor(user, held), now.date())
    return Entitlement(
        plan_code=held.code,
        plan_name=held.name,
        device_limit=held.device_limit,
        quota_bytes=held.quota_bytes,
        premium_locations=held.premium_locations,
        valid_until=held.valid_until if held.code != Plan.FREE else None,
        period_start=midnight(start),
        resets_at=midnight(following),
    )


def _anchor(user: User, held: _Held) -> date:
    """The day from which periods are counted."""
    if held.granted_at is not None:
        return held.granted_at.date()
    if held.last_ended is not None:
        return (held.last_ended + timedelta(days=1)).date()
    return user.date_joined.date()
