"""Staff need a second factor. Whoever has none yet gets some time, once; from then on their password alone opens nothing of staff's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import StaffFactorOverdue
from accounts.locks import lock_person
from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, NotAllowed

# To set a factor up, where the settings open the admin to nobody without one from the first look on.
LEAST_TIME = timedelta(hours=1)


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


def is_overdue(user: User) -> bool:
    """Whether the time to set up a first factor is over."""
    if not user.is_staff or user.staff_factor_due_at is None:
        return False
    missing = LEAST_TIME - timedelta(hours=settings.STAFF_FACTOR_GRACE_HOURS)
    due = user.staff_factor_due_at + max(missing, timedelta(0))
    return due <= timezone.now() and not user.has_second_factor()


def refuse_overdue(user: User) -> None:
    """Before a factor is added. `user` as they are now. Raises StaffFactorOverdue."""
    if is_overdue(user):
        raise StaffFactorOverdue


def give_time_again(*, user: User, by: User | None) -> None:
    """The time begins anew, with their next look. `by` a superuser who knows that it is the colleague, or nobody: the machine's prompt.

    Raises NotAllowed, or Conflict (`staff_factor_not_overdue`).
    """
    if by is not None and (not by.is_superuser or by.pk == user.pk):
        raise NotAllowed(_("Only another superuser may give somebody of staff time again."))
    with transaction.atomic(durable=True):
        now = lock_person(user.pk)
        if now is None or not is_overdue(now):
            raise Conflict(_("Their time to set up a second factor is not over."), code="staff_factor_not_overdue")
        User.objects.filter(pk=user.pk).update(staff_factor_due_at=None)
        record_act("staff_factor_time_given", actor=by, person=user.pk, target=user)
