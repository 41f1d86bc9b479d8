"""What the admin asks of staff before it opens: a second factor, shown in this session."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import User
from accounts.people import factor_shown_at
from accounts.services.staff_factor import Standing, standing_of


class StaffEntrance:
    """The site's `EntranceGuard`."""

    def detour(self, request: HttpRequest) -> str | None:
        standing = self._standing(request)
        if standing.is_open:
            return None
        return reverse("login-code" if standing.has_factor else "settings-security")

    def due_at(self, request: HttpRequest) -> datetime | None:
        return self._standing(request).due_at

    @staticmethod
    def _standing(request: HttpRequest) -> Standing:
        """Looked up once a request: Django's admin asks again and again."""
        standing: Standing | None = getattr(request, "staff_standing", None)
        if standing is None:
            assert isinstance(request.user, User)
            standing = standing_of(request.user, factor_shown_at(request))
            request.staff_standing = standing  # type: ignore[attr-defined]
        return standing


admin.site.guard = StaffEntrance()  # type: ignore[attr-defined]
