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
    def visible_to(self, user: User) -> TicketMessageQuerySet:
        return self if user.acts_as_staff else self.filter(ticket__user=user)
