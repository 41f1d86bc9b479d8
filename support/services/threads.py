"""A thread as a person sees it: who wrote is "You", "Support" or, for staff, the customer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.api.pagination import MAX_LIMIT, Page, PageRequest, fetch_page
from support.models import Attachment, Ticket, TicketMessage

FILE_COLUMNS = ("id", "name", "kind", "size", "created_at", "removed_at")
COLUMNS = ("id", "author_id", "by_staff", "body", "created_at", "files")


@dataclass(frozen=True, slots=True)
class ThreadFile:
    id: str
    name: str
    kind: str
    size: int
    removed_at: datetime | None

    @property
    def kind_label(self) -> str:
        return str(Attachment.Kind(self.kind).label)


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    id: UUID
    author_label: str
    is_staff: bool
    body: str
    created_at: datetime
    files: list[ThreadFile]


def with_files(messages: QuerySet[TicketMessage]) -> QuerySet[Any]:
    """Each message with its `files`, read by the same query: plain values of each, in the order in which they were sent."""
    rows = Attachment.objects.filter(message=OuterRef("pk")).order_by("created_at", "id")
    columns = {name: name for name in FILE_COLUMNS}
    return messages.annotate(files=ArraySubquery(rows.values(row=JSONObject(**columns))))


def file_values(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The `files` of a message with their times as such: JSON has none."""
    moments = ("created_at", "removed_at")
    return [
        {**file, **{name: datetime.fromisoformat(file[name]) if file[name] else None for name in moments}}
        for file in files
    ]


def shown_files(files: list[dict[str, Any]]) -> list[ThreadFile]:
    """The same as a page shows them."""
    return [
        ThreadFile(file["id"], file["name"], file["kind"], file["size"], file["removed_at"])
        for file in file_values(files)
    ]


def thread_page(ticket: Ticket, reader: User, wanted: PageRequest | None) -> Page:
    """One page of ThreadMessages, the oldest first; without a wish the latest ones. A customer never learns who of us wrote."""
    messages = _readable(ticket)
    if wanted is not None:
        return fetch_page(messages, wanted, COLUMNS, _row_for(reader))
    latest = fetch_page(messages.order_by("-created_at", "-id"), PageRequest(1, MAX_LIMIT), COLUMNS, _row_for(reader))
    return replace(latest, items=latest.items[::-1], page=max(latest.total_pages, 1))


def messages_since(ticket: Ticket, reader: User, known: UUID) -> list[ThreadMessage]:
    """What came after a message that the reader knows, in one query; nothing after one that is not in this thread."""
    since = TicketMessage.objects.filter(pk=known, ticket=ticket).values("created_at")
    later = _readable(ticket).filter(created_at__gte=Subquery(since)).exclude(pk=known)
    row = _row_for(reader)
    return [row(*values) for values in later.values_list(*COLUMNS)[:MAX_LIMIT]]


def _readable(ticket: Ticket) -> QuerySet[Any]:
    return with_files(TicketMessage.objects.without_notes().filter(ticket=ticket))


def _row_for(reader: User) -> Callable[..., ThreadMessage]:
    def row(
        pk: UUID, author_id: UUID | None, by_staff: bool, body: str, at: datetime, files: list[dict[str, Any]]
    ) -> ThreadMessage:
        label = _("You") if author_id == reader.pk else _("Support") if by_staff else _("Customer")
        return ThreadMessage(pk, label, by_staff, body, at, shown_files(files))

    return row
