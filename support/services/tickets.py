"""The life of a ticket: open → answered (by us) → open (by the customer) → … → closed."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.batches import delete_some
from nexusvpn.errors import InvalidInput
from nexusvpn.staff_history import forget_names
from support.emails import queue_ticket_answered, queue_ticket_opened
from support.locks import lock_ticket
from support.models import IdempotencyKey, Ticket, TicketMessage
from support.services.idempotency import claim_key
from support.validators import clean_message, clean_subject


def open_ticket(
    *, user: User, subject: str, message: str, priority: str = Ticket.Priority.MEDIUM, idempotency_key: str = ""
) -> Ticket:
    """A new ticket with its first message, or neither; for a repeated key the ticket of the first time.

    Raises InvalidInput or IdempotencyKeyReused.
    """
    subject, message = clean_subject(subject), clean_message(message)
    if priority not in Ticket.Priority.values:
        raise InvalidInput(fields={"priority": ["Choose low, medium or high."]})
    message_id = uuid4()
    # Nobody knows the ticket before the commit, so there is nothing to lock but the key.
    with transaction.atomic(durable=True):
        asked = ("open", subject, message, priority)
        earlier = claim_key(user=user, key=idempotency_key, asked=asked, message_id=message_id)
        if earlier is not None:
            return earlier.ticket
        ticket = Ticket.objects.create(user=user, subject=subject, priority=priority)
        TicketMessage.objects.create(
            id=message_id, ticket=ticket, author=user, by_staff=False, body=message, created_at=ticket.created_at
        )
        queue_ticket_opened(ticket)
    return ticket


def reply_to_ticket(*, ticket_id: UUID, author: User, message: str, idempotency_key: str = "") -> TicketMessage:
    """Add a message; for a repeated key, give back the one of the first time.

    The customer's makes the ticket open, staff's makes it answered and is mailed to the customer. Raises InvalidInput,
    NotFound, TicketClosed or IdempotencyKeyReused; then nothing was written or mailed.
    """
    message = clean_message(message)
    message_id = uuid4()
    # The ticket's lock closes the race of an answer with the closing: what is closed gets no more messages.
    with transaction.atomic(durable=True):
        asked = ("reply", str(ticket_id), message)
        earlier = claim_key(user=author, key=idempotency_key, asked=asked, message_id=message_id)
        if earlier is not None:
            return earlier
        ticket = lock_ticket(author, ticket_id)
        by_staff = ticket.user_id != author.pk
        now = timezone.now()
        ticket.mark_replied(by_staff=by_staff, at=now)
        written = TicketMessage.objects.create(
            id=message_id, ticket=ticket, author=author, by_staff=by_staff, body=message, created_at=now
        )
        if by_staff:
            record_act("ticket_answered", actor=author, person=ticket.user_id, target=ticket)
            queue_ticket_answered(ticket, message)
    return written


def close_ticket(*, ticket_id: UUID, closer: User) -> Ticket:
    """End a ticket for good. Raises NotFound or TicketClosed."""
    # The ticket's lock closes the race of two closings: the second finds it closed.
    with transaction.atomic(durable=True):
        ticket = lock_ticket(closer, ticket_id)
        ticket.mark_closed(at=timezone.now())
        if ticket.user_id != closer.pk:
            record_act("ticket_closed", actor=closer, person=ticket.user_id, target=ticket)
    return ticket


def erase_tickets(user: User, batch: int) -> bool:
    """Erase some of an erased person's threads; returns whether more may be left. Inside a transaction.

    What they wrote in others' threads, as a member of staff once, stays as an answer of nobody.
    """
    TicketMessage.objects.filter(author=user).exclude(ticket__user=user).update(author=None)
    if delete_some(TicketMessage.objects.filter(ticket__user=user), batch):
        return True
    tickets = Ticket.objects.filter(user=user)
    forget_names(Ticket, tickets.values_list("pk", flat=True))
    keys_left = delete_some(IdempotencyKey.objects.filter(user=user), batch)
    return delete_some(tickets, batch) or keys_left
