"""Staff's inbox: which tickets each view has, in which order, and the facts that one decides by.

Every view reads its rows from an index in the index's own order, so that a page costs the same whatever the size of the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import OuterRef, Q, QuerySet

from accounts.models import User
from billing.holding import plan_name_now
from nexusvpn.languages import lazy as _
from support.models import Tag, Ticket

# Those that are due first; what has no clock comes last, and of that what waits longest comes first.
DUE_FIRST = ("due_at", "updated_at", "id")
LONGEST_FIRST = ("updated_at", "id")
LATEST_FIRST = ("-updated_at", "-id")
Condition = Callable[[User, datetime], Q]


@dataclass(frozen=True, slots=True)
class InboxView:
    code: str
    title: str
    # What it means that it has no ticket.
    when_empty: str
    condition: Condition
    order: tuple[str, ...]


VIEWS = {
    view.code: view
    for view in (
        InboxView(
            "waiting",
            _("Waiting for us"),
            _("No customer waits for an answer."),
            lambda staff, now: Q(status=Ticket.Status.OPEN),
            DUE_FIRST,
        ),
        InboxView(
            "mine",
            _("Mine"),
            _("No ticket that is still open is assigned to you."),
            lambda staff, now: Q(assignee=staff) & ~Q(status=Ticket.Status.CLOSED),
            DUE_FIRST,
        ),
        InboxView(
            "unassigned",
            _("Unassigned"),
            _("Every ticket that waits for us is assigned to somebody."),
            lambda staff, now: nobodys(),
            DUE_FIRST,
        ),
        InboxView(
            "overdue",
            _("Overdue"),
            _("No ticket waits for us longer than was promised."),
            lambda staff, now: overdue(now),
            DUE_FIRST,
        ),
        InboxView(
            "answered",
            _("Waiting for the customer"),
            _("No ticket waits for its customer's answer."),
            lambda staff, now: Q(status=Ticket.Status.ANSWERED),
            LONGEST_FIRST,
        ),
        InboxView(
            "closed",
            _("Closed"),
            _("No ticket is closed yet."),
            lambda staff, now: Q(status=Ticket.Status.CLOSED),
            LATEST_FIRST,
        ),
        InboxView("all", _("All"), _("No customer has written to support yet."), lambda staff, now: Q(), LATEST_FIRST),
    )
}
DEFAULT_VIEW = "waiting"


def nobodys() -> Q:
    """Tickets that wait for us and are nobody's yet."""
    return Q(status=Ticket.Status.OPEN, assignee=None)


def overdue(now: datetime) -> Q:
    """Tickets of which a clock has run out; those that we wait for have none that runs."""
    return Q(status=Ticket.Status.OPEN, due_at__lte=now)


def view_named(code: str | None) -> InboxView:
    return VIEWS.get(code or DEFAULT_VIEW, VIEWS[DEFAULT_VIEW])


def with_facts(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """With customer and assignee, `tag_names` and `plan_name`: all in the query of the tickets, computed for the rows shown only."""
    tags = Tag.objects.filter(tickets=OuterRef("pk")).order_by("name").values("name")
    return tickets.select_related("user", "assignee").annotate(
        tag_names=ArraySubquery(tags), plan_name=plan_name_now("user_id")
    )


def search_tickets(tickets: QuerySet[Ticket], wanted: str) -> QuerySet[Ticket]:
    """By the number of a ticket, a customer's whole address, or the beginnings of words in the subject; all have an index."""
    try:
        return tickets.filter(pk=UUID(wanted.strip()))
    except ValueError:
        pass
    if "@" in wanted:
        return tickets.filter(user__in=User.objects.with_email(wanted).values("pk"))
    words = re.findall(r"\w+", wanted)
    if not words:
        return tickets.none()
    # Words hold letters, digits and underscores alone, so none of them is an operator.
    query = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
    return tickets.annotate(words=SearchVector("subject", config="simple")).filter(words=query)


def colleagues() -> QuerySet[User]:
    """Whom a ticket can be given to, by their addresses."""
    return User.objects.filter(is_staff=True, is_active=True).order_by("email")


def others_of(ticket: Ticket) -> QuerySet[Ticket]:
    """The same customer's other tickets that can take this one's messages, the one that moved last first."""
    return Ticket.objects.filter(user=ticket.user_id).exclude(status=Ticket.Status.CLOSED).exclude(pk=ticket.pk)
