from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from support.access import may_read_tickets

if TYPE_CHECKING:
    from accounts.models import User
    from support.models import Ticket, TicketMessage  # noqa: F401  (named in a string below)


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: User) -> TicketQuerySet:
        """Staff of support see every ticket, everybody else their own."""
        return self if may_read_tickets(user) else self.filter(user=user)


class TicketMessageQuerySet(models.QuerySet["TicketMessage"]):
    def without_notes(self) -> TicketMessageQuerySet:
        """What a ticket's customer may read. Notes are shown in the admin, nowhere else."""
        return self.filter(is_note=False)

    def for_desk_of(self, staff: User) -> TicketMessageQuerySet:
        """With the notes, but for those about the reader: whoever asks something themselves is a customer like any other."""
        return self.exclude(is_note=True, ticket__user=staff)

    def visible_to(self, user: User) -> TicketMessageQuerySet:
        """Staff of support see every thread, everybody else their own; nobody the notes."""
        written = self.without_notes()
        return written if may_read_tickets(user) else written.filter(ticket__user=user)
