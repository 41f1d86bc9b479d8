"""The row lock of this app. It is the only one that a ticket's transaction takes."""

from __future__ import annotations

from uuid import UUID

from accounts.models import User
from nexusvpn.errors import NotFound
from support.models import Ticket


def lock_ticket(user: User, ticket_id: UUID) -> Ticket:
    """The ticket, locked until commit, if this person may see it; raises NotFound otherwise.

    NO KEY: a message refers to the ticket and must not wait for its own lock's kind.
    """
    ticket = Ticket.objects.visible_to(user).select_for_update(no_key=True).filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound
    return ticket
