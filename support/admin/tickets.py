"""Staff's inbox: who waits longest comes first; a thread is answered through the same service as everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.admin import LATEST, UserAdmin
from accounts.models import User
from accounts.people import signed_in
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import Column, Panel, ReadOnlyAdmin
from nexusvpn.admin_site import Notice
from nexusvpn.errors import DomainError
from nexusvpn.templatetags.nexusvpn_ui import ago
from support.forms import ReplyForm
from support.models import IdempotencyKey, Ticket, TicketMessage
from support.services.tickets import close_ticket, reply_to_ticket

# Of a longer thread the earlier messages are on the ticket's own page.
THREAD = 200


def tickets_panel(user: User) -> Panel:
    rows = [
        (ticket.subject, ticket.get_status_display(), ticket.get_priority_display(), ago(ticket.updated_at))
        for ticket in user.tickets.all()[:LATEST]
    ]
    url = f"{reverse('admin:support_ticket_changelist')}?user__id__exact={user.pk}&status=all"
    return Panel("Tickets", ("Subject", "State", "Priority", "Last change"), rows, url)


def tickets_that_wait(request: HttpRequest) -> Iterable[Notice]:
    """How many customers wait for an answer, and how long the first of them does."""
    if not request.user.has_perm("support.view_ticket"):  # type: ignore[union-attr]
        return
    moments = list(
        Ticket.objects.filter(status=Ticket.Status.OPEN)
        .order_by("updated_at")
        .values_list("updated_at", flat=True)[:101]
    )
    if moments:
        count = "more than 100" if len(moments) > 100 else str(len(moments))
        words = "ticket waits" if len(moments) == 1 else "tickets wait"
        text = f"{count} {words} for an answer, the longest for {waited(moments[0])}"
        yield Notice(text, reverse("admin:support_ticket_changelist"), "warn")


def waited(since: Any) -> str:
    """How long ago, in the largest whole unit: "3 days"."""
    minutes = int((timezone.now() - since).total_seconds() // 60)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            number = minutes // size
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"


admin.site.questions.append(tickets_that_wait)  # type: ignore[attr-defined]
UserAdmin.panels.append(tickets_panel)
_open = Ticket.objects.exclude(status=Ticket.Status.CLOSED).filter(user=OuterRef("pk")).order_by().values("user")
UserAdmin.extra_columns.append(
    Column("ticket_count", "tickets not closed", Coalesce(Subquery(_open.annotate(n=Count("pk")).values("n")), 0))
)


class InboxFilter(admin.SimpleListFilter):
    """What waits for us, unless asked for something else."""

    title = "state"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("answered", "Answered"), ("closed", "Closed"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        choices = list(super().choices(changelist))
        choices[0]["display"] = "Waiting for us"
        return choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        chosen = self.value() or Ticket.Status.OPEN
        return queryset if chosen == "all" else queryset.filter(status=chosen)


@admin.register(Ticket)
class TicketAdmin(ActionsAdmin, ReadOnlyAdmin):
    change_form_template = "admin/support/ticket/change_form.html"
    list_display = ("subject", "user", "priority", "status", "waiting", "updated_at")
    list_select_related = ("user",)
    list_filter = (InboxFilter, "priority")
    search_fields = ("subject", "user__email", "=id")
    ordering = ("updated_at", "id")

    def view_on_site(self, obj: Ticket) -> str:
        return reverse("ticket", args=[obj.pk])

    @admin.display(description="waiting", ordering="updated_at")
    def waiting(self, ticket: Ticket) -> str:
        return waited(ticket.updated_at) if ticket.status == Ticket.Status.OPEN else "–"

    @object_action(
        "Close ticket",
        "Neither the customer nor you can write to a closed ticket any more.",
        applies=lambda ticket: ticket.status != Ticket.Status.CLOSED,
    )
    def close(self, request: HttpRequest, ticket: Ticket) -> Outcome:
        close_ticket(ticket_id=ticket.pk, closer=signed_in(request))
        return "The ticket is closed."

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.reply_view))
        return [path("<path:object_id>/reply/", view, name="support_ticket_reply"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        ticket: Ticket = kwargs["obj"]
        latest = ticket.messages.select_related("author").order_by("-created_at", "-id")[:THREAD]
        context["thread"] = list(reversed(latest))
        form: ReplyForm = context.setdefault("reply_form", ReplyForm())
        # An answer that came too late is shown with its refusal, so that its text is not lost.
        if (form.is_bound or ticket.status != Ticket.Status.CLOSED) and self.may_act(request, ticket):
            context["reply_url"] = reverse("admin:support_ticket_reply", args=[ticket.pk])
        return super().render_change_form(request, context, *args, **kwargs)

    def reply_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send an answer; a refused one is shown again with the thread."""
        ticket = self.get_object(request, unquote(object_id))
        if ticket is None:
            raise Http404
        if not self.may_act(request, ticket):
            raise PermissionDenied
        form = ReplyForm(request.POST)
        if form.is_valid() and self._reply(request, ticket, form):
            return HttpResponseRedirect(self.change_url(ticket))
        # The page is asked for as if by GET: its own form is not the one that was sent.
        request.method = "GET"
        return self.changeform_view(request, object_id, extra_context={"reply_form": form})

    def _reply(self, request: HttpRequest, ticket: Ticket, form: ReplyForm) -> bool:
        try:
            reply_to_ticket(ticket_id=ticket.pk, author=signed_in(request), **form.cleaned_data)
        except DomainError as error:
            form.add_domain_error(error)
            return False
        self.log_change(request, ticket, "Answered")
        messages.success(request, "Your answer is sent.")
        return True


@admin.register(TicketMessage)
class TicketMessageAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "ticket", "author", "by_staff", "beginning")
    list_select_related = ("ticket", "author")
    list_filter = ("by_staff",)
    search_fields = ("ticket__subject", "author__email", "=ticket__id")
    ordering = ("-created_at", "id")

    @admin.display(description="message")
    def beginning(self, message: TicketMessage) -> str:
        return message.body[:80]


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Which messages a repeat would not write again."""

    list_display = ("created_at", "user", "key", "message")
    list_select_related = ("user", "message")
    search_fields = ("user__email", "=key")
    ordering = ("-id",)
