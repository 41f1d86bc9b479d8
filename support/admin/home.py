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
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, npgettext

from accounts.admin import LATEST, UserAdmin
from accounts.admin.customer_page import customer_page
from accounts.models import User
from nexusvpn.admin_base import Column, Panel
from nexusvpn.admin_site import Notice
from nexusvpn.templatetags.nexusvpn_ui import ago
from support.admin.words import STATE_WORDS, between
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
        yield _notice(
            ngettext(
                "%(count)s ticket is overdue, the first by %(time)s",
                "%(count)s tickets are overdue, the first by %(time)s",
                len(late),
            ),
            late,
            "overdue",
            "bad",
            time=between(late[0], timezone.now()),
        )
    free = _moments(nobodys(), Coalesce("clock_since", "updated_at"))
    if free:
        yield _notice(
            ngettext(
                "%(count)s ticket waits and nobody has it, the longest for %(longest)s",
                "%(count)s tickets wait and nobody has them, the longest for %(longest)s",
                len(free),
            ),
            free,
            "unassigned",
            "warn",
            longest=waited(min(free)),
        )
    mine = _moments(Q(assignee=request.user, status=Ticket.Status.OPEN), "due_at")
    if mine:
        text = ngettext("%(count)s ticket of yours waits for us", "%(count)s tickets of yours wait for us", len(mine))
        yield _notice(text, mine, "waiting", "plain", "&assignee=me")


def _moments(condition: Q, field: Any) -> list[Any]:
    return list(
        Ticket.objects.filter(condition).order_by("due_at", "updated_at").values_list(field, flat=True)[: MOST + 1]
    )


def _notice(text: str, found: list[Any], view: str, tone: str, narrowed: str = "", **words: str) -> Notice:
    count = _("more than %(most)s") % {"most": MOST} if len(found) > MOST else str(len(found))
    return Notice(text % {"count": count, **words}, inbox_address(view) + narrowed, tone)


def waited(since: Any) -> str:
    """How long ago, in the largest whole unit: "3 days"."""
    minutes = int((timezone.now() - since).total_seconds() // 60)
    if minutes >= 1440:
        return npgettext("waits since", "%(n)s day", "%(n)s days", minutes // 1440) % {"n": minutes // 1440}
    if minutes >= 60:
        return npgettext("waits since", "%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}
    if minutes >= 1:
        return npgettext("waits since", "%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    return _("less than a minute")


def tickets_panel(user: User) -> Panel:
    rows = [
        (
            format_html(
                '<a href="{}">{}</a>', reverse("admin:support_ticket_change", args=[ticket.pk]), ticket.subject
            ),
            STATE_WORDS[ticket.status],
            ticket.get_priority_display(),
            ago(ticket.updated_at),
        )
        for ticket in user.tickets.all()[:LATEST]
    ]
    url = f"{inbox_address('all')}&user__id__exact={user.pk}"
    return Panel(_("Tickets"), (_("Subject"), _("State"), _("Priority"), _("Last change")), rows, url)


admin.site.questions.append(tickets_that_need_staff)  # type: ignore[attr-defined]
customer_page.add_panel(tickets_panel, permission="support.view_ticket", place=40)
_open = Ticket.objects.exclude(status=Ticket.Status.CLOSED).filter(user=OuterRef("pk")).order_by().values("user")
UserAdmin.extra_columns.append(
    Column(
        "ticket_count",
        gettext_lazy("tickets not closed"),
        Coalesce(Subquery(_open.annotate(n=Count("pk")).values("n")), 0),
    )
)
