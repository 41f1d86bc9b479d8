"""The clocks of a ticket in words, as staff read them: in working time, with the moment on hover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from accounts.models import User
from support.clock import worked_between
from support.models import Ticket
from support.services.clocks import support_hours

# Working time is counted day by day: further away it is no news how much of it there is.
COUNTED = timedelta(days=60)
STATE_WORDS: dict[str, str] = {
    Ticket.Status.OPEN: "Waiting for us",
    Ticket.Status.ANSWERED: "Waiting for the customer",
    Ticket.Status.CLOSED: "Closed",
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
        return f"{rest} min" if rest else "less than a minute"
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"


def _exact(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def due_words(due: datetime | None, now: datetime | None = None) -> Words | None:
    """How long until then, "in 2 h", or since then, "overdue by 2 h"; None where no clock runs. In the last hour it is time."""
    if due is None:
        return None
    at = now or timezone.now()
    is_late = due <= at
    if abs(due - at) > COUNTED:
        days = f"more than {COUNTED.days} days"
        return Words(f"overdue by {days}" if is_late else f"in {days}", "bad" if is_late else "quiet", _exact(due))
    worked = worked_between(support_hours(), min(due, at), max(due, at))
    if is_late:
        return Words(f"overdue by {span(worked)}", "bad", _exact(due))
    return Words(f"in {span(worked)}", "warn" if worked < timedelta(hours=1) else "quiet", _exact(due))


def clock_rows(ticket: Ticket, now: datetime | None = None) -> list[tuple[str, Words]]:
    """Both promises: how much is left, whether they wait, or what became of them."""
    rows = []
    if ticket.answer_minutes is not None:
        rows.append(("First answer", _promise(ticket.answer_due, ticket.answer_kept, "given", now)))
    if ticket.resolution_minutes is not None:
        rows.append(("Resolution", _promise(ticket.resolution_due, ticket.resolution_kept, _paused(ticket), now)))
    return rows


def _promise(due: datetime | None, kept: bool | None, otherwise: str, now: datetime | None) -> Words:
    if kept is False:
        running = due_words(due, now)
        return Words(f"missed, {running.text}", "bad", running.exact) if running else Words("missed", "bad")
    running = due_words(due, now)
    if running is not None:
        text = running.text if running.tone == "bad" else f"due {running.text}"
        return running._replace(text=text)
    return Words("kept", "good") if kept else Words(otherwise)


def _paused(ticket: Ticket) -> str:
    used = span(timedelta(seconds=ticket.resolution_used))
    promised = span(timedelta(minutes=ticket.resolution_minutes or 0))
    if ticket.status == Ticket.Status.ANSWERED:
        return f"paused: waiting for the customer ({used} of {promised} used)"
    return "not judged"


def name_of(staff: User) -> str:
    """What colleagues are called."""
    return staff.full_name or staff.email
