"""Whether the site is open or at work: known to every process within two seconds, and no query of each request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from nexusvpn.audit import record_act
from nexusvpn.db import is_lost_database
from nexusvpn.errors import InvalidInput
from nexusvpn.kept import Kept
from nexusvpn.locks import lock_settings
from nexusvpn.logs import logger
from nexusvpn.models import SiteState
from nexusvpn.texts import one_line

log = logger(__name__)
KEPT_S = 2.0
NOTE_CHARACTERS = 300
# When it is worth asking again: at the expected end, but neither at once nor after more than an hour.
SOONEST_S, LATEST_S, UNKNOWN_S = 30, 3600, 300


@dataclass(frozen=True, slots=True)
class Maintenance:
    """The mode as requests see it. `note` may be empty; `until` is the expected end, if staff named one."""

    on: bool = False
    note: str = ""
    until: datetime | None = None

    @property
    def back_by(self) -> datetime | None:
        """The expected end while it lies ahead: nobody can rely on a time that has passed."""
        return self.until if self.until and self.until > timezone.now() else None

    @property
    def retry_after(self) -> int:
        """In seconds."""
        left = (self.until - timezone.now()).total_seconds() if self.until else UNKNOWN_S
        return int(min(max(left, SOONEST_S), LATEST_S))


OPEN = Maintenance()


def maintenance() -> Maintenance:
    """What holds now. With the database away it is what was known last, and at first that the site is open."""
    try:
        return _kept.get()
    except Exception as error:
        if not is_lost_database(error):
            raise
        log.warning("site_state_unknown", error=type(error).__name__)
        return OPEN


def set_maintenance(*, on: bool, staff: object, note: str = "", until: datetime | None = None) -> SiteState:
    """Begin the mode, change what is said of it, or end it and forget that.

    Raises InvalidInput for a note of several lines or more than 300 characters.
    """
    said = {
        "maintenance": on,
        "maintenance_note": _checked(note) if on else "",
        "maintenance_until": until if on else None,
    }
    # The lock closes the race of two members of staff: one begins or ends it, and what the log says was before is what was.
    with transaction.atomic():
        state = lock_settings(SiteState) or SiteState()
        details = {
            name: [str(getattr(state, name)), str(value)]
            for name, value in said.items()
            if getattr(state, name) != value
        }
        if details:
            act = "maintenance_changed" if state.maintenance == on else f"maintenance_{'started' if on else 'ended'}"
            for name, value in said.items():
                setattr(state, name, value)
            state.save()
            record_act(act, actor=staff, target=state, details=details)
        transaction.on_commit(forget_state)
    return state


def _checked(note: str) -> str:
    line = one_line(note, "note")
    if len(line) > NOTE_CHARACTERS:
        raise InvalidInput(fields={"note": [_("At most %(n)s characters.") % {"n": NOTE_CHARACTERS}]})
    return line


def forget_state() -> None:
    """Let this process look again: what it keeps was changed here."""
    global _kept
    _kept = Kept(_read, KEPT_S)


def _read() -> Maintenance:
    columns = ("maintenance", "maintenance_note", "maintenance_until")
    row = SiteState.objects.filter(pk=1).values_list(*columns).first()
    return Maintenance(*row) if row else OPEN


_kept = Kept(_read, KEPT_S)
