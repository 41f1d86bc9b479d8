"""Every lock of this app. Order: customer → ticket → the ticket that it was merged into → what one person uploads.

Only merges lock a customer and two tickets that are not merged; under the customer's lock no other ticket of theirs becomes a merged one.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.errors import NotAllowed, NotFound
from support.access import may_answer_tickets
from support.models import Ticket


def lock_ticket(user: User, ticket_id: UUID) -> Ticket:
    """The ticket, locked until commit, for who may write to it. Raises NotFound for who does not see it, NotAllowed for who only reads it.

    NO KEY: a message refers to the ticket and must not wait for its own lock's kind.
    """
    ticket = Ticket.objects.visible_to(user).select_for_update(no_key=True).filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound
    if ticket.user_id != user.pk and not may_answer_tickets(user):
        raise NotAllowed
    return ticket


def lock_thread(user: User, ticket_id: UUID) -> Ticket:
    """The ticket that has the messages now, of one that was merged the one into which it was."""
    ticket = lock_ticket(user, ticket_id)
    while ticket.merged_into_id is not None:
        ticket = lock_ticket(user, ticket.merged_into_id)
    return ticket


def lock_for_staff(staff: User, ticket_id: UUID) -> Ticket:
    """A customer's ticket for a member of staff. Raises NotFound, and NotAllowed for their own: colleagues look after that."""
    ticket = lock_ticket(staff, ticket_id)
    refuse_own(staff, ticket)
    return ticket


def refuse_own(staff: User, ticket: Ticket) -> None:
    """Raises NotAllowed."""
    if ticket.user_id == staff.pk:
        raise NotAllowed(_("Your own ticket is looked after by your colleagues."))


def lock_own_ticket(user: User, ticket_id: UUID) -> Ticket:
    """Only its customer's; raises NotFound for everybody else, staff included."""
    ticket: Ticket | None = Ticket.objects.select_for_update(no_key=True).filter(pk=ticket_id, user=user).first()
    if ticket is None:
        raise NotFound
    return ticket


def lock_customer_of(ticket_id: UUID) -> UUID:
    """The id of the ticket's customer, locked: merges of their tickets come one after the other. Raises NotFound.

    NO KEY: rows that refer to the person may still be written meanwhile.
    """
    user_id = Ticket.objects.filter(pk=ticket_id).values("user_id")
    customer = User.objects.select_for_update(no_key=True).filter(pk__in=user_id).values_list("pk", flat=True).first()
    if customer is None:
        raise NotFound
    return customer


def lock_answered(ticket_id: UUID) -> Ticket | None:
    """The ticket if it waits for its customer, locked; one that is just being written to is passed by."""
    rows = Ticket.objects.select_for_update(no_key=True, skip_locked=True)
    found: Ticket | None = rows.filter(pk=ticket_id, status=Ticket.Status.ANSWERED).first()
    return found


def lock_uploads(sender: User) -> None:
    """Until commit nobody else counts this person's files. The last lock of a transaction: the person's own row comes first of all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('support.uploads'), hashtext(%s))", [str(sender.pk)])
