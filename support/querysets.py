from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User
    from support.models import Ticket, TicketMessage  # noqa: F401  (named in a string below)


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: User) -> TicketQuerySet:
        """Staff see every ticket, everybody else their own."""
        return self if user.acts_as_staff else self.filter(user=user)


class TicketMessageQuerySet(models.QuerySet["TicketMessage"]):
    def without_notes(self) -> TicketMessageQuerySet:
        """What a ticket's customer may read. Notes are shown in the admin, nowhere else."""
        return self.filter(is_note=False)

    def visible_to(self, user: User) -> TicketMessageQuerySet:
        """Staff see every thread, everybody else their own; nobody the notes."""
        written = self.without_notes()
        return written if user.acts_as_staff else written.filter(ticket__user=user)
