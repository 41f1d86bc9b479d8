"""How long a sign-in lasts: without doing anything, and at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Session

# Before anybody is signed in a browser's session only remembers what was asked for.
ANONYMOUS_IDLE = timedelta(hours=1)
ANONYMOUS_LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Lifetime:
    idle: timedelta
    longest: timedelta

    def columns(self, now: datetime | None = None) -> dict[str, Any]:
        """The columns of a session that begins now."""
        now = now or timezone.now()
        return {
            "idle_s": int(self.idle.total_seconds()),
            "expires_at": now + min(self.idle, self.longest),
            "ends_at": now + self.longest,
        }


def lifetime_of(kind: Session.Kind, *, is_staff: bool) -> Lifetime:
    """What holds for a sign-in of this kind; staff's is short whatever it is."""
    if is_staff:
        return Lifetime(timedelta(hours=settings.STAFF_IDLE_HOURS), timedelta(hours=settings.STAFF_LIFETIME_HOURS))
    name = "SESSION" if kind == Session.Kind.BROWSER else "TOKEN"
    idle, longest = (getattr(settings, f"{name}_{part}_HOURS") for part in ("IDLE", "LIFETIME"))
    return Lifetime(timedelta(hours=idle), timedelta(hours=longest))


def anonymous_lifetime() -> Lifetime:
    return Lifetime(ANONYMOUS_IDLE, ANONYMOUS_LIFETIME)
