"""The clocks of a ticket. They change its fields and save nothing; call them with the row locked.

Both run while the ticket is open, in working time. That of the first answer ends with our first message. That of the resolution stands
still while we wait for the customer, stops when the ticket is closed, and goes on when it is opened again. A promise that was missed
stays missed; a resolution that was kept is judged anew when the ticket is opened again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings

from support.clock import WorkingHours, add_working, read_hours, worked_between
from support.models import Ticket
from support.services.service_levels import Promise

CLOCK_FIELDS = (
    "answer_minutes",
    "resolution_minutes",
    "resolution_used",
    "clock_since",
    "answer_due",
    "resolution_due",
    "first_answered_at",
    "answer_kept",
    "resolution_kept",
)


@lru_cache(maxsize=8)
def _read(text: str, zone: str) -> WorkingHours:
    return read_hours(text, zone)


def support_hours() -> WorkingHours:
    """As the settings say; raises ValueError where they cannot be read."""
    return _read(settings.SUPPORT_HOURS, settings.SUPPORT_TIME_ZONE)


def begin(ticket: Ticket, promise: Promise | None, at: datetime) -> None:
    """The ticket was opened."""
    if promise is not None:
        ticket.answer_minutes, ticket.resolution_minutes = promise
    _run(ticket, at)


def note_answer(ticket: Ticket, at: datetime) -> None:
    """We wrote, and wait for the customer."""
    if ticket.first_answered_at is None:
        _judge_answer(ticket, at, otherwise=True)
        ticket.first_answered_at = at
    _stand(ticket, at)


def note_question(ticket: Ticket, at: datetime) -> None:
    """The customer wrote; a clock that runs goes on as it does."""
    if ticket.clock_since is not None:
        return
    if ticket.resolution_kept:
        ticket.resolution_kept = None
    _run(ticket, at)


def stop(ticket: Ticket, at: datetime, *, resolved: bool = True) -> None:
    """The ticket was closed; `resolved` is not said of one whose question goes on in another."""
    if ticket.first_answered_at is None:
        _judge_answer(ticket, at, otherwise=None)
    _stand(ticket, at)
    if resolved and ticket.resolution_minutes is not None and ticket.resolution_kept is None:
        ticket.resolution_kept = True


def promise_anew(ticket: Ticket, promise: Promise | None, at: datetime) -> None:
    """Other promises, counted from the same beginning. What was missed by the former ones stays missed."""
    if ticket.first_answered_at is None:
        _judge_answer(ticket, at, otherwise=None)
        ticket.answer_minutes = promise.answer_minutes if promise else None
    _judge_resolution(ticket, at)
    ticket.resolution_minutes = promise.resolution_minutes if promise else None
    _set_due(ticket)


def take_over(target: Ticket, source: Ticket, at: datetime) -> None:
    """The target answers the source's question too; where the source's clocks would have run out sooner, they are the target's now."""
    if source.clock_since is None:
        return
    note_question(target, at)
    both_owe = target.answer_due is not None and source.answer_due is not None
    mine, theirs = (
        (target.answer_due, source.answer_due) if both_owe else (target.resolution_due, source.resolution_due)
    )
    if theirs is None or (mine is not None and mine <= theirs):
        return
    if target.first_answered_at is None:
        target.answer_minutes = source.answer_minutes
    target.resolution_minutes, target.resolution_used = source.resolution_minutes, source.resolution_used
    target.clock_since = source.clock_since
    _set_due(target)


def _run(ticket: Ticket, at: datetime) -> None:
    ticket.clock_since = at
    _set_due(ticket)


def _stand(ticket: Ticket, at: datetime) -> None:
    _judge_resolution(ticket, at)
    if ticket.clock_since is not None:
        ticket.resolution_used += int(worked_between(support_hours(), ticket.clock_since, at).total_seconds())
    ticket.clock_since = ticket.answer_due = ticket.resolution_due = None


def _set_due(ticket: Ticket) -> None:
    owed = ticket.first_answered_at is None
    ticket.answer_due = _due(ticket, ticket.answer_minutes) if owed else None
    ticket.resolution_due = _due(ticket, ticket.resolution_minutes)


def _due(ticket: Ticket, minutes: int | None) -> datetime | None:
    """When what is left of so many minutes will have passed since the clocks last began to run; at once where nothing is left."""
    if minutes is None or ticket.clock_since is None:
        return None
    left = timedelta(minutes=minutes, seconds=-ticket.resolution_used)
    return add_working(support_hours(), ticket.clock_since, max(left, timedelta()))


def _judge_answer(ticket: Ticket, at: datetime, *, otherwise: bool | None) -> None:
    if ticket.answer_kept is None and ticket.answer_due is not None:
        ticket.answer_kept = False if at > ticket.answer_due else otherwise


def _judge_resolution(ticket: Ticket, at: datetime) -> None:
    if ticket.resolution_due is not None and at > ticket.resolution_due:
        ticket.resolution_kept = False
