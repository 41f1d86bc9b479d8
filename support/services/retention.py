"""Erasing what an erased person wrote to us."""

from __future__ import annotations

from accounts.models import User
from nexusvpn.batches import delete_some
from nexusvpn.staff_history import forget_names
from support.models import IdempotencyKey, Ticket, TicketMessage


def erase_tickets(user: User, batch: int) -> bool:
    """Erase some of an erased person's threads; returns whether more may be left. Inside a transaction.

    Notes about them, and tickets that were merged, are among them. What they wrote in others' threads, as a member of staff once,
    stays as an answer of nobody, and what they worked on is nobody's.
    """
    TicketMessage.objects.filter(author=user).exclude(ticket__user=user).update(author=None)
    Ticket.objects.filter(assignee=user).update(assignee=None)
    if delete_some(TicketMessage.objects.filter(ticket__user=user), batch):
        return True
    tickets = Ticket.objects.filter(user=user)
    forget_names(Ticket, tickets.values_list("pk", flat=True))
    keys_left = delete_some(IdempotencyKey.objects.filter(user=user), batch)
    return delete_some(tickets, batch) or keys_left
