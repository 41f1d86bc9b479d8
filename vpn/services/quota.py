"""How much of a plan's data is used in the present period, and telling people about it."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from accounts.models import User
from billing.entitlements import Entitlement, entitlement_for
from vpn.emails import queue_quota_mail
from vpn.locks import lock_meter, lock_reports_of
from vpn.models import QuotaMeter, UsageRecord

WARN_PERCENT = 80
FULL_PERCENT = 100


class MeterOutdated(Exception):
    """A meter is not of the plan and the period that hold now: `settle_meter` makes it so."""


class Meter(NamedTuple):
    """What a person's meter holds; all None where there is none."""

    period_start: date | None
    resets_at: datetime | None
    quota_bytes: int | None
    used_bytes: int | None

    def check_is_of(self, entitlement: Entitlement) -> None:
        """Raises MeterOutdated."""
        limited = entitlement.quota_bytes is not None
        period = (entitlement.period_start.date(), entitlement.resets_at) if limited else (None, None)
        if self[:3] != (*period, entitlement.quota_bytes):
            raise MeterOutdated

    @property
    def is_used_up(self) -> bool:
        """Whether the present period's data is used up. A period that is over counts for nothing until the next one has begun."""
        if self.resets_at is None or self.quota_bytes is None or self.used_bytes is None:
            return False
        return self.resets_at > timezone.now() and self.used_bytes >= self.quota_bytes


def settle_meter(user_id: UUID) -> None:
    """Make a person's meter what the plan and the usage records say; a plan without a limit has none. May be repeated at any time."""
    # The meter's lock closes the race with a report: what it adds is in the records that are summed after the lock, or comes after.
    with transaction.atomic(durable=True):
        is_new = _settle_meter(user_id)
    if is_new:
        # A report under way has not seen the new meter, nor has its sum seen the report. Those that begin from now on see it.
        with transaction.atomic(durable=True):
            lock_reports_of(user_id)
            _settle_meter(user_id)


def _settle_meter(user_id: UUID) -> bool:
    """Whether there was none before."""
    user = User.objects.filter(pk=user_id).first()
    if user is None or user.erased_at is not None:
        return False
    meter = lock_meter(user_id)
    # Asked for under the lock: whoever waited for it may have waited past a change of the plan, which another settlement has seen.
    entitlement = entitlement_for(user)
    if entitlement.quota_bytes is None:
        if meter is not None:
            meter.delete()
        return False
    start = entitlement.period_start.date()
    used = _used_since(user_id, start)
    warned = meter.warned if meter is not None and meter.period_start == start else 0
    values = {
        "period_start": start,
        "resets_at": entitlement.resets_at,
        "quota_bytes": entitlement.quota_bytes,
        "used_bytes": used,
        # A larger plan takes a warning back; it is given again when it is true again.
        "warned": min(warned, _level(used, entitlement.quota_bytes)),
    }
    if meter is None:
        QuotaMeter.objects.get_or_create(user_id=user_id, defaults=values)
    else:
        QuotaMeter.objects.filter(pk=user_id).update(**values)
    return meter is None


def _used_since(user_id: UUID, start: object) -> int:
    total = Sum(F("bytes_up") + F("bytes_down"), default=0)
    return int(UsageRecord.objects.filter(user_id=user_id, record_date__gte=start).aggregate(used=total)["used"])


def _level(used: int, quota: int) -> int:
    """The highest share in percent that is reached and worth a mail: 0, 80 or 100."""
    if used >= quota:
        return FULL_PERCENT
    return WARN_PERCENT if used * 100 >= quota * WARN_PERCENT else 0


def tell_about_quota(user_id: UUID) -> None:
    """One mail for 80 % and one for 100 % in each period, whatever is repeated."""
    # Claimed by the conditional update: of two jobs one tells.
    with transaction.atomic(durable=True):
        meter = QuotaMeter.objects.select_related("user").filter(pk=user_id, user__is_active=True).first()
        if meter is None:
            return
        level = _level(meter.used_bytes, meter.quota_bytes)
        if level > meter.warned and QuotaMeter.objects.filter(pk=user_id, warned=meter.warned).update(warned=level):
            queue_quota_mail(meter, full=level == FULL_PERCENT)


def people_whose_period_is_over() -> list[UUID]:
    """Whom a new period has to be begun for."""
    return list(QuotaMeter.objects.filter(resets_at__lte=timezone.now()).values_list("pk", flat=True)[:1000])
