"""The life of a ticket: open → answered (by us) → open (by the customer) → … → closed → (open again, for a while)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.belongings import belongings_of
from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.errors import InvalidInput
from support.access import may_be_given_tickets
from support.emails import queue_ticket_answered, queue_ticket_opened, tell_closed, tell_merged
from support.errors import AlreadyAssigned
from support.files.checking import CheckedFile
from support.locks import lock_for_staff, lock_own_ticket, lock_thread, lock_ticket, refuse_own
from support.models import Tag, Ticket, TicketMessage
from support.services import clocks, merging
from support.services.attachments import store_files
from support.services.desk import refuse_followed
from support.services.idempotency import claim_key, key_of_note
from support.services.moving import refuse_closed, was_answered, was_asked, was_closed
from support.services.rating import check_can_rate
from support.services.service_levels import promise_for
from support.validators import (
    clean_category,
    clean_mailed,
    clean_message,
    clean_note,
    clean_priority,
    clean_rating,
    clean_subject,
    clean_tags,
)

WEB = TicketMessage.Via.WEB


def open_ticket(
    *,
    user: User,
    subject: str,
    message: str,
    priority: str = Ticket.Priority.MEDIUM,
    category: str = Ticket.Category.OTHER,
    device_id: UUID | None = None,
    files: Sequence[CheckedFile] = (),
    idempotency_key: str = "",
    via: str = WEB,
) -> Ticket:
    """A new ticket with its first message, or neither; for a repeated key the ticket that has the first one's message.

    Raises InvalidInput, IdempotencyKeyReused, AttachmentsOverQuota or, without room for files, Unavailable.
    """
    subject, message = clean_subject(subject), clean_message(message)
    priority, category = clean_priority(priority), clean_category(category)
    asked = ("open", subject, message, priority, *_unusual(category, device_id, files))
    message_id, now = uuid4(), timezone.now()
    # Nobody knows the ticket before the commit, so there is nothing to lock but the key.
    with transaction.atomic(durable=True):
        earlier = claim_key(user=user, key=idempotency_key, asked=asked, message_id=message_id)
        if earlier is not None:
            return earlier.ticket
        ticket = Ticket(user=user, subject=subject, priority=priority, category=category)
        ticket.device_id, ticket.device_name = device_id, _device_name(user, device_id)
        ticket.created_at = ticket.updated_at = now
        clocks.begin(ticket, promise_for(user, priority), now)
        ticket.save(force_insert=True)
        written = TicketMessage.objects.create(
            id=message_id, ticket=ticket, author=user, by_staff=False, body=message, created_at=now, via=via
        )
        store_files(message=written, sender=user, files=files)
        queue_ticket_opened(ticket)
    return ticket


def _device_name(user: User, device_id: UUID | None) -> str:
    """What the person's device is called; raises InvalidInput for one that is not theirs."""
    if device_id is None:
        return ""
    names = dict(belongings_of(user, "device"))
    if device_id not in names:
        raise InvalidInput(fields={"device": [_("Choose one of your devices.")]})
    return names[device_id]


def _unusual(category: str, device_id: UUID | None, files: Sequence[CheckedFile]) -> tuple[str, ...]:
    """What else tells a repeat from something new; nothing at all where it is as usual."""
    kind = (category,) if category != Ticket.Category.OTHER else ()
    device = (str(device_id),) if device_id else ()
    return (*kind, *device, *_told(files))


def _told(files: Sequence[CheckedFile]) -> tuple[str, ...]:
    return tuple(f"{file.name} {file.sha256}" for file in files)


def reply_to_ticket(
    *,
    ticket_id: UUID,
    author: User,
    message: str,
    files: Sequence[CheckedFile] = (),
    idempotency_key: str = "",
    via: str = WEB,
    alongside: Callable[[TicketMessage], None] | None = None,
) -> TicketMessage:
    """Add a message; for a repeated key, give back the one of the first time. What is written to a merged ticket goes to where it leads.

    The customer's makes the ticket open, also for a while after it was closed; staff's makes it answered and is mailed to the customer.
    Raises InvalidInput, NotFound, TicketClosed, IdempotencyKeyReused, AttachmentsOverQuota or, without room for
    files, Unavailable; then nothing was written or mailed. `alongside` writes what belongs to the message, in its transaction and
    under the ticket's lock; what it raises undoes the message.
    """
    message = clean_mailed(message) if via == TicketMessage.Via.MAIL else clean_message(message)
    message_id = uuid4()
    # The ticket's lock closes the races of an answer with the closing and with a merge: no message is left where nobody reads it.
    with transaction.atomic(durable=True):
        asked = ("reply", str(ticket_id), message, *_told(files))
        earlier = claim_key(user=author, key=idempotency_key, asked=asked, message_id=message_id)
        if earlier is not None:
            return earlier
        ticket = lock_thread(author, ticket_id)
        by_staff = ticket.user_id != author.pk
        now = timezone.now()
        if by_staff:
            was_answered(ticket, by=author, at=now)
        else:
            was_asked(ticket, at=now)
        written = TicketMessage.objects.create(
            id=message_id, ticket=ticket, author=author, by_staff=by_staff, body=message, created_at=now, via=via
        )
        store_files(message=written, sender=author, files=files)
        if alongside is not None:
            alongside(written)
        if by_staff:
            record_act("ticket_answered", actor=author, person=ticket.user_id, target=ticket)
            queue_ticket_answered(ticket, message)
    return written


def close_ticket(*, ticket_id: UUID, closer: User) -> Ticket:
    """End a ticket. Raises NotFound or TicketClosed."""
    # The ticket's lock closes the race of two closings: the second finds it closed.
    with transaction.atomic(durable=True):
        ticket = lock_ticket(closer, ticket_id)
        _close(ticket, closer)
    return ticket


def close_answered(*, answer: TicketMessage, closer: User) -> Ticket:
    """End the ticket that has this answer now, unless somebody wrote after it. Raises NotFound, ThreadMoved or TicketClosed."""
    # The lock of where the messages are closes the races with the customer's next question and with a merge.
    with transaction.atomic(durable=True):
        ticket = lock_thread(closer, answer.ticket_id)
        refuse_followed(ticket, answer.pk)
        _close(ticket, closer)
    return ticket


def _close(ticket: Ticket, closer: User) -> None:
    was_closed(ticket, at=timezone.now())
    if ticket.user_id != closer.pk:
        record_act("ticket_closed", actor=closer, person=ticket.user_id, target=ticket)
        tell_closed(ticket)


def rate_ticket(*, ticket_id: UUID, user: User, rating: int, comment: str = "") -> Ticket:
    """What the customer thinks of our answer, instead of what they thought before.

    Raises InvalidInput, NotFound (for everybody else), NotAnsweredYet, RatingEnded or TicketMerged.
    """
    rating, comment = clean_rating(rating, comment)
    now = timezone.now()
    # The ticket's lock closes the race with a merge, and makes one of two ratings the last.
    with transaction.atomic(durable=True):
        ticket = lock_own_ticket(user, ticket_id)
        check_can_rate(ticket, now)
        ticket.rating, ticket.rating_comment, ticket.rated_at = rating, comment, now
        ticket.save(update_fields=["rating", "rating_comment", "rated_at"])
    return ticket


def add_note(*, ticket_id: UUID, author: User, message: str, idempotency_key: str = "") -> TicketMessage:
    """Words of staff for staff: they answer and move nothing. For a repeated key, give back the note of the first time.

    Raises InvalidInput, NotFound, NotAllowed or IdempotencyKeyReused.
    """
    message = clean_note(message)
    note_id = uuid4()
    # The lock closes the race with a merge: the note is where the messages are.
    with transaction.atomic(durable=True):
        asked = ("note", str(ticket_id), message)
        earlier = claim_key(user=author, key=key_of_note(idempotency_key), asked=asked, message_id=note_id)
        if earlier is not None:
            return earlier
        ticket = lock_thread(author, ticket_id)
        refuse_own(author, ticket)
        note = TicketMessage.objects.create(
            id=note_id, ticket=ticket, author=author, by_staff=True, is_note=True, body=message
        )
        # Of what is internal, the log of the customer's own account says nothing.
        record_act("ticket_noted", actor=author, target=ticket)
    return note


def assign_ticket(*, ticket_id: UUID, staff: User, assignee: User | None, only_free: bool = False) -> Ticket:
    """Give a ticket to a member of staff, or back to all. With `only_free` nothing that a colleague has is taken from them.

    Raises InvalidInput, NotFound, NotAllowed, TicketClosed or AlreadyAssigned.
    """
    # The lock closes the race of two who take a free ticket, or of one with an answer, which takes it too.
    with transaction.atomic(durable=True):
        ticket = lock_for_staff(staff, ticket_id)
        refuse_closed(ticket)
        if assignee is not None and (assignee.pk == ticket.user_id or not may_be_given_tickets(assignee)):
            raise InvalidInput(fields={"assignee": [_("Choose a colleague who answers tickets.")]})
        former = ticket.assignee_id
        wanted = assignee.pk if assignee else None
        if only_free and former not in (None, wanted):
            raise AlreadyAssigned
        if former != wanted:
            ticket.assignee = assignee
            ticket.save(update_fields=["assignee"])
            record_act("ticket_assigned", actor=staff, target=ticket, details={"to": str(wanted) if wanted else None})
    return ticket


def change_priority(*, ticket_id: UUID, staff: User, priority: str) -> Ticket:
    """With the promises of the new priority, by the plan that the customer has now.

    Raises InvalidInput, NotFound, NotAllowed or TicketClosed.
    """
    priority = clean_priority(priority)
    # The lock closes the race with an answer, which judges the promises.
    with transaction.atomic(durable=True):
        ticket = lock_for_staff(staff, ticket_id)
        refuse_closed(ticket)
        if ticket.priority != priority:
            details = {"from": ticket.priority, "to": priority}
            ticket.priority = priority
            clocks.promise_anew(ticket, promise_for(ticket.user, priority), timezone.now())
            ticket.save(update_fields=["priority", *clocks.CLOCK_FIELDS])
            record_act("ticket_priority_changed", actor=staff, person=ticket.user_id, target=ticket, details=details)
    return ticket


def set_tags(*, ticket_id: UUID, staff: User, names: Iterable[str]) -> Ticket:
    """Exactly these tags; new ones are made. Raises InvalidInput, NotFound or NotAllowed."""
    tags = clean_tags(names)
    # The lock makes the tags of one of two calls the ticket's, not a mixture.
    with transaction.atomic(durable=True):
        ticket = lock_for_staff(staff, ticket_id)
        Tag.objects.bulk_create([Tag(name=name) for name in tags], ignore_conflicts=True)
        ticket.tags.set(Tag.objects.filter(name__in=tags))
        # What they say may name somebody; the log must not.
        record_act("ticket_tagged", actor=staff, target=ticket, details={"count": len(tags)})
    return ticket


def merge_tickets(*, source_id: UUID, target_id: UUID, staff: User) -> Ticket:
    """The source's messages go to the target, which is returned; its address leads there from now on.

    Raises NotFound, NotAllowed, CannotMerge, TicketMerged or, where the target is closed, TicketClosed.
    """
    # The customer's lock closes the race of two merges, those of the tickets that of a merge with an answer, a closing or a rating.
    with transaction.atomic(durable=True):
        source, target = merging.lock_pair(staff, source_id, target_id)
        moved = merging.join(source, target, at=timezone.now())
        details = {"from": str(source.pk), "messages": moved}
        record_act("ticket_merged", actor=staff, person=target.user_id, target=target, details=details)
        tell_merged(source, target)
    return target
