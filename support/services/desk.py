"""A ticket as staff have it before them: its thread with the notes, and what came since they looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import User
from support.errors import ThreadMoved
from support.models import Ticket, TicketMessage
from support.services.threads import ThreadFile, shown_files, with_files

# Messages of a page.
THREAD = 100
# What comes while a page is open.
MOST_NEW = 20
# Before all messages.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DeskMessage:
    """A message as staff see it: with its author's address, and the names of its files."""

    written: TicketMessage
    files: list[ThreadFile]


@dataclass(frozen=True, slots=True)
class Thread:
    """The messages of one page, the oldest first; `earlier` is the first of them if there are others before it."""

    messages: list[DeskMessage]
    earlier: UUID | None

    @property
    def last(self) -> UUID | None:
        return self.messages[-1].written.pk if self.messages else None


def thread_of(ticket: Ticket, reader: User, before: UUID | None = None) -> Thread:
    """The latest messages, or those before that one; with their authors and the names of their files, in one query."""
    messages = _with_all(ticket, reader)
    if before is not None:
        messages = messages.filter(_side_of(ticket.pk, before, "lt"))
    found = _read(messages.order_by("-created_at", "-id")[: THREAD + 1])
    shown = found[:THREAD][::-1]
    return Thread(shown, shown[0].written.pk if len(found) > THREAD else None)


def messages_since(ticket: Ticket, reader: User, seen: UUID) -> list[DeskMessage]:
    """What was written after that message, the oldest first; the whole thread if that is no message of it any more."""
    later = _with_all(ticket, reader).filter(_side_of(ticket.pk, seen, "gt"))
    return _read(later.order_by("created_at", "id")[:MOST_NEW])


def refuse_moved(written: TicketMessage, seen: UUID) -> None:
    """Raises ThreadMoved if somebody wrote between that message and the one that is just being written, under the ticket's lock."""
    others = TicketMessage.objects.filter(ticket=written.ticket_id).exclude(pk=written.pk)
    if others.filter(_side_of(written.ticket_id, seen, "gt")).exists():
        raise ThreadMoved


def refuse_followed(ticket: Ticket, answer: UUID) -> None:
    """Raises ThreadMoved if the customer, or a colleague to them, wrote after that message, under the ticket's lock."""
    messages = TicketMessage.objects.filter(ticket=ticket, is_note=False)
    if messages.filter(_side_of(ticket.pk, answer, "gt")).exists():
        raise ThreadMoved(_("Somebody wrote after it: look at what is new."))


def _with_all(ticket: Ticket, reader: User) -> QuerySet[Any]:
    messages = TicketMessage.objects.for_desk_of(reader).filter(ticket=ticket)
    return with_files(messages).select_related("author")


def _read(messages: QuerySet[Any]) -> list[DeskMessage]:
    return [DeskMessage(message, shown_files(message.files)) for message in messages]


def _side_of(ticket_id: UUID, message: UUID, side: str) -> Q:
    """Messages before ("lt") or after ("gt") this one of the ticket; a message that is not there is before all others."""
    there = TicketMessage.objects.filter(ticket=ticket_id, pk=message).values("created_at")
    place = Coalesce(Subquery(there), Value(BEGINNING))
    # The first condition bounds what is read of the index, the second tells apart what was written at once.
    further = Q(**{f"created_at__{side}": place}) | Q(**{f"pk__{side}": message})
    return Q(**{f"created_at__{side}e": place}) & further
