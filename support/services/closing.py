"""Tickets that we answered and that stay silent are closed, and their customers are told before."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from nexusvpn.audit import record_act
from nexusvpn.one_by_one import one_by_one
from support.emails import queue_ticket_closing, tell_closed
from support.locks import lock_answered
from support.models import Ticket
from support.services.moving import was_closed

# Of one look; the next one finds the others.
AT_ONCE = 500


def silence() -> timedelta:
    return timedelta(days=settings.TICKET_SILENT_DAYS)


def notice() -> timedelta:
    return timedelta(days=settings.TICKET_WARNING_DAYS)


def tickets_to_warn(at: datetime) -> QuerySet[Ticket]:
    """Silent for so long that their customers are to be told, and not told yet."""
    return Ticket.objects.filter(
        status=Ticket.Status.ANSWERED, updated_at__lte=at - (silence() - notice()), warned_at=None
    )


def tickets_to_close(at: datetime) -> QuerySet[Ticket]:
    """Silent to the end, and their customers were told as long ago as was promised them."""
    return Ticket.objects.filter(
        status=Ticket.Status.ANSWERED, updated_at__lte=at - silence(), warned_at__lte=at - notice()
    )


def close_silent_tickets() -> tuple[int, int]:
    """One look; returns how many customers were told and how many tickets were closed. May be interrupted and repeated."""
    now = timezone.now()
    told = one_by_one(warn_customer, _ids(tickets_to_warn(now)))
    ended = one_by_one(close_silent, _ids(tickets_to_close(now)))
    return sum(told), sum(ended)


def _ids(tickets: QuerySet[Ticket]) -> list[UUID]:
    """Those first that are silent the longest."""
    return list(tickets.order_by("updated_at").values_list("pk", flat=True)[:AT_ONCE])


def warn_customer(ticket_id: UUID) -> bool:
    """Tell the customer that the ticket will be closed; returns whether this call did."""
    now = timezone.now()
    # The conditional update closes the race of two looks, and of a look with an answer; the mail is a row beside it, or neither is there.
    with transaction.atomic(durable=True):
        if not tickets_to_warn(now).filter(pk=ticket_id).update(warned_at=now):
            return False
        ticket = Ticket.objects.select_related("user").get(pk=ticket_id)
        queue_ticket_closing(ticket, closes_at=max(ticket.updated_at + silence(), now + notice()))
    return True


def close_silent(ticket_id: UUID) -> bool:
    """Close it, if it is still silent; returns whether this call did."""
    now = timezone.now()
    # The lock closes the race with an answer: who writes first wins, and what was just written to is no longer silent.
    with transaction.atomic(durable=True):
        ticket = lock_answered(ticket_id)
        if ticket is None or not tickets_to_close(now).filter(pk=ticket_id).exists():
            return False
        was_closed(ticket, at=now)
        record_act("ticket_closed", person=ticket.user_id, target=ticket, details={"silent": True})
        tell_closed(ticket)
    return True
