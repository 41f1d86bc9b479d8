"""A ticket as staff have it before them: its thread with the notes, and what came since they looked."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import User
from support.errors import ThreadMoved
from support.models import Attachment, Ticket, TicketMessage

# Messages of a page.
THREAD = 100
# What comes while a page is open.
MOST_NEW = 20


@dataclass(frozen=True, slots=True)
class Thread:
    """The messages of one page, the oldest first; `earlier` is the first of them if there are others before it."""

    messages: list[TicketMessage]
    earlier: UUID | None

    @property
    def last(self) -> UUID | None:
        return self.messages[-1].pk if self.messages else None


def thread_of(ticket: Ticket, reader: User, before: UUID | None = None) -> Thread:
    """The latest messages, or those before that one; with their authors and the names of their files, in two queries."""
    messages = _with_all(ticket, reader)
    if before is not None:
        messages = messages.filter(_side_of(ticket.pk, before, "lt"))
    found = list(messages.order_by("-created_at", "-id")[: THREAD + 1])
    shown = found[:THREAD][::-1]
    return Thread(shown, shown[0].pk if len(found) > THREAD else None)


def messages_since(ticket: Ticket, reader: User, seen: UUID) -> list[TicketMessage]:
    """What was written after that message, the oldest first; the whole thread if that is no message of it any more."""
    later = _with_all(ticket, reader).filter(_side_of(ticket.pk, seen, "gt"))
    return list(later.order_by("created_at", "id")[:MOST_NEW])


def refuse_moved(written: TicketMessage, seen: UUID) -> None:
    """Raises ThreadMoved if somebody wrote between that message and the one that is just being written, under the ticket's lock."""
    others = TicketMessage.objects.filter(ticket=written.ticket_id).exclude(pk=written.pk)
    if others.filter(_side_of(written.ticket_id, seen, "gt")).exists():
        raise ThreadMoved


def _with_all(ticket: Ticket, reader: User) -> QuerySet[TicketMessage]:
    files = Prefetch("attachments", Attachment.objects.order_by("created_at", "id"))
    messages = TicketMessage.objects.for_desk_of(reader).filter(ticket=ticket)
    return messages.select_related("author").prefetch_related(files)


def _side_of(ticket_id: UUID, message: UUID, side: str) -> Q:
    """Messages before ("lt") or after ("gt") this one of the ticket; a message that is not there is before all others."""
    place = TicketMessage.objects.filter(ticket=ticket_id, pk=message).values_list("created_at", flat=True).first()
    if place is None:
        return Q(pk__isnull=side == "lt")
    # The first condition bounds what is read of the index, the second tells apart what was written at once.
    further = Q(**{f"created_at__{side}": place}) | Q(**{f"pk__{side}": message})
    return Q(**{f"created_at__{side}e": place}) & further
