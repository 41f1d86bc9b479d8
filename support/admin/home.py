"""What of support is told elsewhere in the admin: on its home, on a customer's page, and in the list of customers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.admin import LATEST, UserAdmin
from accounts.admin.customer_page import customer_page
from accounts.models import User
from nexusvpn.admin_base import Column, Panel
from nexusvpn.admin_site import Notice
from nexusvpn.templatetags.nexusvpn_ui import ago
from support.admin.words import due_words
from support.models import Ticket
from support.services.inbox import VIEWS, nobodys

# No more are counted: whoever reads "more than 100" knows enough.
MOST = 100


def inbox_address(view: str) -> str:
    return f"{reverse('admin:support_ticket_changelist')}?view={view}"


def tickets_that_need_staff(request: HttpRequest) -> Iterable[Notice]:
    """What is overdue, what is nobody's, and what of one's own waits; each by the index of its view."""
    if not request.user.has_perm("support.view_ticket"):  # type: ignore[union-attr]
        return
    late = _moments(VIEWS["overdue"].condition(request.user, timezone.now()), "due_at")  # type: ignore[arg-type]
    if late:
        words = due_words(late[0])
        first = words.text.removeprefix("overdue ") if words else ""
        text = f"{_counted(late, 'ticket is', 'tickets are')} overdue, the first {first}"
        yield Notice(text, inbox_address("overdue"), "bad")
    free = _moments(nobodys(), Coalesce("clock_since", "updated_at"))
    if free:
        text = f"{_counted(free, 'ticket waits', 'tickets wait')} and nobody has {'it' if len(free) == 1 else 'them'}"
        yield Notice(f"{text}, the longest for {waited(min(free))}", inbox_address("unassigned"), "warn")
    mine = _moments(Q(assignee=request.user, status=Ticket.Status.OPEN), "due_at")
    if mine:
        yield Notice(
            f"{_counted(mine, 'ticket', 'tickets')} of yours wait{'s' if len(mine) == 1 else ''} for us",
            inbox_address("mine"),
        )


def _moments(condition: Q, field: Any) -> list[Any]:
    return list(
        Ticket.objects.filter(condition).order_by("due_at", "updated_at").values_list(field, flat=True)[: MOST + 1]
    )


def _counted(found: list[Any], one: str, many: str) -> str:
    count = f"more than {MOST}" if len(found) > MOST else str(len(found))
    return f"{count} {one if len(found) == 1 else many}"


def waited(since: Any) -> str:
    """How long ago, in the largest whole unit: "3 days"."""
    minutes = int((timezone.now() - since).total_seconds() // 60)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            number = minutes // size
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"


def tickets_panel(user: User) -> Panel:
    rows = [
        (ticket.subject, ticket.get_status_display(), ticket.get_priority_display(), ago(ticket.updated_at))
        for ticket in user.tickets.all()[:LATEST]
    ]
    url = f"{inbox_address('all')}&user__id__exact={user.pk}"
    return Panel("Tickets", ("Subject", "State", "Priority", "Last change"), rows, url)


admin.site.questions.append(tickets_that_need_staff)  # type: ignore[attr-defined]
customer_page.add_panel(tickets_panel, permission="support.view_ticket", place=40)
_open = Ticket.objects.exclude(status=Ticket.Status.CLOSED).filter(user=OuterRef("pk")).order_by().values("user")
UserAdmin.extra_columns.append(
    Column("ticket_count", "tickets not closed", Coalesce(Subquery(_open.annotate(n=Count("pk")).values("n")), 0))
)
