"""Staff need a second factor to open the admin. Whoever has none yet gets some time, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.people import signed_in
from accounts.services.second_factor import has_factor


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a factor was shown in this session; if not, whether there is one, and until when that may go on."""

    is_shown: bool
    has_factor: bool = False
    due_at: datetime | None = None


def standing_of(user: User, second_factor_at: datetime | None) -> Standing:
    if second_factor_at is not None:
        return Standing(is_shown=True)
    if has_factor(user):
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


class StaffEntrance:
    """The admin's `EntranceGuard`."""

    def detour(self, request: HttpRequest) -> str | None:
        standing = self._standing(request)
        if standing.is_shown or (standing.due_at and standing.due_at > timezone.now()):
            return None
        return reverse("login-code" if standing.has_factor else "settings-security")

    def due_at(self, request: HttpRequest) -> datetime | None:
        return self._standing(request).due_at

    @staticmethod
    def _standing(request: HttpRequest) -> Standing:
        """Looked up once a request: Django's admin asks again and again."""
        standing: Standing | None = getattr(request, "staff_standing", None)
        if standing is None:
            shown_at = request.session.second_factor_at  # type: ignore[attr-defined]
            standing = request.staff_standing = standing_of(signed_in(request), shown_at)  # type: ignore[attr-defined]
        return standing
