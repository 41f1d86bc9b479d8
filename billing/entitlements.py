"""What a person may use now: one frozen value, computed from stored facts and the time, never toggled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from billing.models import Plan
from billing.periods import Held, anchor_of, cycle_of, midnight, period_at
from billing.standing import State, ends_at, standing
from billing.states import terms
from nexusvpn.db import planned_once
from nexusvpn.errors import Unavailable

# Later than any date that staff can mean; a day can be added to it.
FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)


class Source(StrEnum):
    """Where a plan comes from; of a subscription, how it stands (`billing.standing.Reason`)."""

    FREE = "free"
    GRANT = "grant"
    GIFT = "gift"
    TRIAL = "trial"
    SUBSCRIPTION = "subscription"
    ENDING = "ending"
    GRACE = "grace"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """`quota_bytes` None is unlimited; `valid_until` None is "until something changes"; times are UTC.

    A period is a month that begins on the plan's own day: that of its subscription's bills or of its grant, for the free plan the day
    after the last of them ended or the day of the sign-up. A plan that was left and is taken up again within that month goes on with it,
    so nobody gets a month's data anew by a longer grant, or by leaving and coming back.
    """

    plan_code: str
    plan_name: str
    plan_rank: int
    device_limit: int
    quota_bytes: int | None
    premium_locations: bool
    priority_support: bool
    reason: Source
    valid_until: datetime | None
    period_start: datetime
    resets_at: datetime

    @property
    def is_given(self) -> bool:
        """Whether nobody pays for it: staff or a gift code gave it."""
        return self.reason in (Source.GRANT, Source.GIFT)

    def covers(self, plan: Plan) -> bool:
        """Whether that plan would add nothing to what is had now."""
        return plan.rank <= self.plan_rank


# Written out, since it is asked by nearly every request: the ORM would write it anew each time, at several times its cost.
_PLANS_HELD = """
SELECT p.code, p.name, p.rank, p.device_limit, p.quota_bytes, p.premium_locations, p.priority_support, g.created_at AS begins,
    g.valid_until, g.revoked_at, EXISTS (SELECT 1 FROM billing_giftcode c WHERE c.grant_id = g.id) AS is_gift,
    NULL AS status, NULL AS current_period_start, NULL AS current_period_end, NULL AS trial_end, NULL AS cancel_at_period_end,
    NULL AS cancel_at, NULL AS ended_at, NULL AS is_paused, NULL AS paid_until, NULL AS unpaid_since, NULL AS withheld, NULL AS is_surplus
FROM billing_plan p
LEFT JOIN billing_plangrant g ON g.plan_id = p.id AND g.user_id = %(user)s
WHERE p.code = %(free)s OR g.id IS NOT NULL
UNION ALL
SELECT p.code, p.name, p.rank, p.device_limit, p.quota_bytes, p.premium_locations, p.priority_support, s.started_at,
    NULL, NULL, false,
    s.status, s.current_period_start, s.current_period_end, s.trial_end, s.cancel_at_period_end,
    s.cancel_at, s.ended_at, s.pause_behavior <> '', s.paid_until, s.unpaid_since, s.withheld, s.is_surplus
FROM billing_subscription s JOIN billing_planprice c ON c.id = s.price_id JOIN billing_plan p ON p.id = c.plan_id
WHERE s.user_id = %(user)s
ORDER BY begins
"""


class _Row(NamedTuple):
    """A plan and a grant or a subscription of it; the free plan alone stands without one."""

    code: str
    name: str
    rank: int
    device_limit: int
    quota_bytes: int | None
    premium_locations: bool
    priority_support: bool
    begins: datetime | None
    valid_until: datetime | None
    revoked_at: datetime | None
    is_gift: bool
    status: str | None
    current_period_start: datetime
    current_period_end: datetime
    trial_end: datetime | None
    cancel_at_period_end: bool
    cancel_at: datetime | None
    ended_at: datetime | None
    is_paused: bool
    paid_until: datetime | None
    unpaid_since: datetime | None
    withheld: str
    is_surplus: bool

    def state(self) -> State:
        """Of a subscription, for the rule to judge."""
        return State(
            status=self.status or "",
            current_period_start=self.current_period_start,
            current_period_end=self.current_period_end,
            terms=terms(),
            trial_end=self.trial_end,
            cancel_at_period_end=self.cancel_at_period_end,
            cancel_at=self.cancel_at,
            ended_at=self.ended_at,
            is_paused=self.is_paused,
            paid_until=self.paid_until,
            unpaid_since=self.unpaid_since,
            withheld=self.withheld,
            is_surplus=self.is_surplus,
        )


class _Holding(NamedTuple):
    """A plan that the person has now; the largest is the one that counts."""

    rank: int
    # The one that lasts longer says until when; of equal ones a subscription does, since it is paid for.
    until: datetime
    is_subscription: bool
    row: _Row
    source: Source


def entitlement_for(user: User, at: datetime | None = None) -> Entitlement:
    """The highest plan among the free one, the grants and the subscriptions that hold at that time; one query."""
    return _best(user, _plans_held(user), at or timezone.now())


def entitlement_beside(user: User, sql: str, values: dict[str, Any]) -> tuple[Entitlement, Any]:
    """What holds now, and the one value that `sql` gives, a SELECT with named parameters of an app above: one query for both.

    For what would otherwise be asked one after the other although neither needs the other's answer.
    """
    with planned_once() as cursor:
        cursor.execute(
            f"SELECT held.*, ({sql}) FROM ({_PLANS_HELD}) held ORDER BY held.begins",  # noqa: S608  (both are texts of the code)
            {"user": user.pk, "free": Plan.FREE, **values},
        )
        found = cursor.fetchall()
    return _best(user, [_Row(*row[:-1]) for row in found], timezone.now()), found[0][-1] if found else None


def _best(user: User, rows: list[_Row], now: datetime) -> Entitlement:
    holding = [found for row in rows if (found := _holding(row, now)) is not None]
    if not holding:
        raise Unavailable(_("No plan has been set up yet."), code="no_plan", retry_after=60)
    best = max(holding, key=lambda found: found[:3])
    plan = best.row
    start, following = period_at(_anchor(user, plan, rows, now.date()), now.date())
    return Entitlement(
        plan_code=plan.code,
        plan_name=plan.name,
        plan_rank=plan.rank,
        device_limit=plan.device_limit,
        quota_bytes=plan.quota_bytes,
        premium_locations=plan.premium_locations,
        priority_support=plan.priority_support,
        reason=best.source,
        valid_until=None if best.until == FOR_EVER else best.until,
        period_start=midnight(start),
        resets_at=midnight(following),
    )


def _plans_held(user: User) -> list[_Row]:
    """The free plan, and a row for each grant and subscription that the person has ever had, the oldest first."""
    with planned_once() as cursor:
        cursor.execute(_PLANS_HELD, {"user": user.pk, "free": Plan.FREE})
        return [_Row(*row) for row in cursor.fetchall()]


def _holding(row: _Row, now: datetime) -> _Holding | None:
    if row.status is not None:
        stands = standing(row.state(), now)
        if not stands.holds:
            return None
        return _Holding(row.rank, stands.until or FOR_EVER, True, row, Source(stands.reason))
    until = row.valid_until or FOR_EVER
    if row.begins is not None and row.revoked_at is None and until > now:
        return _Holding(row.rank, until, False, row, Source.GIFT if row.is_gift else Source.GRANT)
    return _Holding(row.rank, FOR_EVER, False, row, Source.FREE) if row.code == Plan.FREE else None


def _anchor(user: User, best: _Row, rows: list[_Row], today: date) -> date:
    """The day from which periods are counted."""
    held = [(row.code, time) for row in rows if (time := _held(row, today)) is not None]
    if best.begins is None:
        return anchor_of(_between(user.date_joined.date(), [time for _, time in held]))
    return anchor_of([time for code, time in held if code == best.code])


def _held(row: _Row, today: date) -> Held | None:
    """When the person had it, or will have had it; None for the free plan and for what was never theirs."""
    if row.begins is None:
        return None
    begins = row.begins.date()
    if row.status is None:
        ended = min(row.valid_until or FOR_EVER, row.revoked_at or FOR_EVER)
        return Held(begins, ended.date(), begins)
    end = ends_at(row.state())
    return Held(begins, end.date(), _billing_day(row, begins, today)) if end else None


def _billing_day(row: _Row, begins: date, today: date) -> date:
    """A day from which the periods of a subscription's bills can be counted: its first, or that after its trial, or the present one's."""
    paid = row.current_period_start.date()
    if paid > today:
        return begins
    return cycle_of(paid, begins, *([row.trial_end.date()] if row.trial_end else ()))


def _between(joined: date, held: list[Held]) -> list[Held]:
    """When the person had nothing but the free plan."""
    found, begins = [], joined
    for time in held:
        if begins <= time.begins:
            found.append(Held(begins, time.begins, begins))
        begins = max(begins, time.ends + timedelta(days=1))
    return [*found, Held(begins, FOR_EVER.date(), begins)]
