"""A thread as a person sees it: who wrote is "You", "Support" or, for staff, the customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from nexusvpn.api.pagination import Page, PageRequest, fetch_page
from support.models import Ticket, TicketMessage

COLUMNS = ("author_id", "by_staff", "body", "created_at")


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    author_label: str
    is_staff: bool
    body: str
    created_at: datetime


def thread_page(ticket: Ticket, reader: User, wanted: PageRequest) -> Page:
    """One page of ThreadMessages, the oldest first. A customer never learns which member of staff wrote."""

    def row(author_id: UUID | None, by_staff: bool, body: str, created_at: datetime) -> ThreadMessage:
        label = "You" if author_id == reader.pk else "Support" if by_staff else "Customer"
        return ThreadMessage(label, by_staff, body, created_at)

    messages: Any = TicketMessage.objects.without_notes().filter(ticket=ticket)
    return fetch_page(messages, wanted, COLUMNS, row)
