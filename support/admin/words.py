"""The clocks of a ticket in words, as staff read them: in working time, with the moment on hover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.languages import lazy
from support.clock import worked_between
from support.models import Ticket
from support.services.clocks import support_hours

# Working time is counted day by day: further away it is no news how much of it there is.
COUNTED = timedelta(days=60)
STATE_WORDS: dict[str, str] = {
    Ticket.Status.OPEN: lazy("Waiting for us"),
    Ticket.Status.ANSWERED: lazy("Waiting for the customer"),
    Ticket.Status.CLOSED: lazy("Closed"),
}


class Words(NamedTuple):
    """A sentence's part, its tone (good, warn, bad or quiet), and the exact moment where there is one."""

    text: str
    tone: str = "quiet"
    exact: str = ""


def span(time: timedelta) -> str:
    """Working time in its two largest units: "2 h 10 min", "26 h", "4 min"."""
    minutes = int(time.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(n)s min") % {"n": rest} if rest else _("less than a minute")
    if rest and hours < 10:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
    return _("%(n)s h") % {"n": hours}


def _exact(moment: datetime) -> str:
    return date_format(moment.astimezone(UTC), "DATETIME_FORMAT")


def between(start: datetime, end: datetime) -> str:
    """The working time between two moments, in words; of what lies far apart that it is more than is counted."""
    if end - start > COUNTED:
        return _("more than %(days)s days") % {"days": COUNTED.days}
    return span(worked_between(support_hours(), start, end))


def due_words(due: datetime | None, now: datetime | None = None) -> Words | None:
    """How long until then, "in 2 h", or since then, "overdue by 2 h"; None where no clock runs. In the last hour it is time."""
    if due is None:
        return None
    at = now or timezone.now()
    if due <= at:
        return Words(_("overdue by %(time)s") % {"time": between(due, at)}, "bad", _exact(due))
    is_soon = due - at <= COUNTED and worked_between(support_hours(), at, due) < timedelta(hours=1)
    return Words(_("in %(time)s") % {"time": between(at, due)}, "warn" if is_soon else "quiet", _exact(due))


def clock_rows(ticket: Ticket, now: datetime | None = None) -> list[tuple[str, Words]]:
    """Both promises: how much is left, whether they wait, or what became of them."""
    rows = []
    if ticket.answer_minutes is not None:
        rows.append((_("First answer"), _promise(ticket.answer_due, ticket.answer_kept, _("given"), now)))
    if ticket.resolution_minutes is not None:
        rows.append((_("Resolution"), _promise(ticket.resolution_due, ticket.resolution_kept, _paused(ticket), now)))
    return rows


def _promise(due: datetime | None, kept: bool | None, otherwise: str, now: datetime | None) -> Words:
    running = due_words(due, now)
    if kept is False:
        missed = _("missed")
        return Words(f"{missed}, {running.text}", "bad", running.exact) if running else Words(missed, "bad")
    if running is not None:
        due_text = _("due %(when)s") % {"when": running.text}
        return running._replace(text=running.text if running.tone == "bad" else due_text)
    return Words(_("kept"), "good") if kept else Words(otherwise)


def _paused(ticket: Ticket) -> str:
    if ticket.status != Ticket.Status.ANSWERED:
        return _("not judged")
    used = span(timedelta(seconds=ticket.resolution_used))
    promised = span(timedelta(minutes=ticket.resolution_minutes or 0))
    return _("paused: waiting for the customer (%(used)s of %(promised)s used)") % {"used": used, "promised": promised}


def name_of(staff: User) -> str:
    """What colleagues are called."""
    return staff.full_name or staff.email
