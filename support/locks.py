"""The locks of this app, in their order: a ticket's row, then what one person uploads."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

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


def lock_uploads(sender: User) -> None:
    """Until commit nobody else counts this person's files. The last lock of a transaction: the person's own row comes first of all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('support.uploads'), hashtext(%s))", [str(sender.pk)])
