"""From one state to the next: what a ticket becomes when somebody writes, closes or merges it. Call with the row locked."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from accounts.models import User
from support.errors import TicketClosed
from support.models import Ticket
from support.services import clocks

MOVED = ("status", "updated_at", "closed_at", "assignee", "warned_at", *clocks.CLOCK_FIELDS)


def refuse_closed(ticket: Ticket) -> None:
    """Raises TicketClosed."""
    if ticket.status == Ticket.Status.CLOSED:
        raise TicketClosed


def reopens_until(closed_at: datetime | None, merged_into_id: UUID | None) -> datetime | None:
    """Until when its customer's answer opens a closed ticket again; None for one that is not closed, or was merged."""
    if closed_at is None or merged_into_id is not None:
        return None
    return closed_at + timedelta(days=settings.TICKET_REOPEN_DAYS)


def was_answered(ticket: Ticket, *, by: User, at: datetime) -> None:
    """We wrote; whoever answers what is nobody's has it from now on. Raises TicketClosed."""
    refuse_closed(ticket)
    clocks.note_answer(ticket, at)
    ticket.assignee_id = ticket.assignee_id or by.pk
    _move(ticket, Ticket.Status.ANSWERED, at)


def was_asked(ticket: Ticket, *, at: datetime) -> None:
    """The customer wrote; what was closed not long ago is open again. Raises TicketClosed."""
    until = reopens_until(ticket.closed_at, ticket.merged_into_id)
    if until is None or at > until:
        refuse_closed(ticket)
    clocks.note_question(ticket, at)
    _move(ticket, Ticket.Status.OPEN, at)


def was_closed(ticket: Ticket, *, at: datetime) -> None:
    """Raises TicketClosed."""
    refuse_closed(ticket)
    clocks.stop(ticket, at)
    _move(ticket, Ticket.Status.CLOSED, at)


def was_merged(source: Ticket, target: Ticket, *, at: datetime) -> None:
    """The source is closed and leads to the target, which waits for us if the source did."""
    clocks.take_over(target, source, at)
    if source.status == Ticket.Status.OPEN:
        target.status, target.warned_at = Ticket.Status.OPEN, None
    target.updated_at = max(source.updated_at, target.updated_at)
    target.save(update_fields=MOVED)
    source.merged_into = target
    if source.status != Ticket.Status.CLOSED:
        clocks.stop(source, at, resolved=False)
        source.status, source.closed_at, source.updated_at = Ticket.Status.CLOSED, at, at
    source.save(update_fields=[*MOVED, "merged_into"])


def _move(ticket: Ticket, status: Ticket.Status, at: datetime) -> None:
    ticket.status, ticket.updated_at, ticket.warned_at = status, at, None
    ticket.closed_at = at if status == Ticket.Status.CLOSED else None
    ticket.save(update_fields=MOVED)
