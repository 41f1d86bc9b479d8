"""Staff need a second factor. Whoever has none yet gets some time, once; from then on their password alone opens nothing of staff's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a factor was shown in this session; if not, whether there is one, and until when that may go on."""

    is_shown: bool
    has_factor: bool = False
    due_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.is_shown or (self.due_at is not None and self.due_at > timezone.now())


def standing_of(user: User, second_factor_at: datetime | None) -> Standing:
    if second_factor_at is not None:
        return Standing(is_shown=True)
    if user.has_second_factor():
        return Standing(is_shown=False, has_factor=True)
    return Standing(is_shown=False, due_at=_due_at(user))


def _due_at(user: User) -> datetime | None:
    """When the time is over; it begins with the first look."""
    if user.staff_factor_due_at is None:
        due = timezone.now() + timedelta(hours=settings.STAFF_FACTOR_GRACE_HOURS)
        # Two first requests at once: the earlier one counts.
        User.objects.filter(pk=user.pk, staff_factor_due_at=None).update(staff_factor_due_at=due)
        user.refresh_from_db(fields=["staff_factor_due_at"])
    return user.staff_factor_due_at
