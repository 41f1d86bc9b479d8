"""A ticket's page: its thread, the answer, and what else staff do with it beside the customer's context."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.belongings import panels_of
from accounts.people import signed_in
from nexusvpn.admin_actions import ActionsAdmin
from nexusvpn.forms_only import forms_only
from support.admin.forms import AnswerForm, AssignForm, PriorityForm, TagsForm
from support.admin.words import STATE_WORDS, clock_rows
from support.models import CannedReply, Ticket
from support.services.canned import fill_reply, replies_for
from support.services.desk import messages_since, thread_of


def uuid_or_none(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


class PageAdmin(ActionsAdmin):
    """How a ticket is shown, and what its page asks for while it is open."""

    change_form_template = "admin/support/ticket/change_form.html"

    def may_act(self, request: HttpRequest, obj: Any) -> bool:
        """Nobody works on their own question."""
        is_own = isinstance(obj, Ticket) and obj.user_id == signed_in(request).pk
        return super().may_act(request, obj) and not is_own

    def get_urls(self) -> list[URLPattern]:
        def get(view: Any) -> Any:
            return self.admin_site.admin_view(never_cache(require_safe(view)))

        return [
            path("<path:object_id>/news/", get(self.news_view), name="support_ticket_news"),
            path("<path:object_id>/canned/<int:reply>/", get(self.canned_view), name="support_ticket_canned"),
            *super().get_urls(),
        ]

    def posted(self, view: Any) -> Any:
        return self.admin_site.admin_view(never_cache(forms_only(view)))

    def ticket_at(self, request: HttpRequest, object_id: str, *, to_act: bool = True) -> Ticket:
        """The ticket, for who may see it, or may work on it; raises Http404 or PermissionDenied."""
        ticket = self.get_object(request, unquote(object_id))
        if not isinstance(ticket, Ticket):
            raise Http404
        allowed = self.may_act(request, ticket) if to_act else self.has_view_permission(request, ticket)
        if not allowed:
            raise PermissionDenied
        return ticket

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        ticket: Ticket = kwargs["obj"]
        thread = thread_of(ticket, signed_in(request), uuid_or_none(request.GET.get("before")))
        context |= {
            "title": ticket.subject,
            "subtitle": None,
            "thread": thread,
            "state_word": STATE_WORDS[ticket.status],
            "clocks": clock_rows(ticket),
            "tag_names": getattr(ticket, "tag_names", []),
            "customer_url": self._customer_url(request, ticket),
            # What the customer's own page shows is for those who may open that page.
            "context_panels": panels_of(ticket.user, signed_in(request))
            if request.user.has_perm("accounts.view_user")
            else None,  # type: ignore[union-attr]
        }
        if self.may_act(request, ticket):
            context |= self._desk(ticket, context)
        return super().render_change_form(request, context, *args, **kwargs)

    def _customer_url(self, request: HttpRequest, ticket: Ticket) -> str:
        may = request.user.has_perm("accounts.view_user")  # type: ignore[union-attr]
        return reverse("admin:accounts_user_change", args=[ticket.user_id]) if may else ""

    def _desk(self, ticket: Ticket, context: dict[str, Any]) -> dict[str, Any]:
        """The forms; an answer that was refused is shown with its refusal, so that its text is not lost."""
        form: AnswerForm = context.get("answer_form") or AnswerForm()
        return {
            "is_desk": True,
            "answer_form": form,
            "new_ids": form.news,
            "is_open": "answer_form" in context or ticket.status != Ticket.Status.CLOSED,
            "replies": replies_for(ticket),
            "assign_form": AssignForm(initial={"assignee": ticket.assignee_id}),
            "priority_form": PriorityForm(initial={"priority": ticket.priority}),
            "tags_form": TagsForm(initial={"names": " ".join(context["tag_names"])}),
        }

    def news_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was written since the page was opened."""
        ticket = self.ticket_at(request, object_id, to_act=False)
        seen = uuid_or_none(request.GET.get("seen"))
        news = messages_since(ticket, signed_in(request), seen) if seen else []
        context = {"news": news, "original": ticket, "is_desk": self.may_act(request, ticket)}
        return render(request, "admin/support/ticket/_news.html", context)

    def canned_view(self, request: HttpRequest, object_id: str, reply: int) -> HttpResponse:
        """A prepared answer, filled in, as plain text."""
        ticket = self.ticket_at(request, object_id)
        found = get_object_or_404(CannedReply, pk=reply, is_active=True)
        text = fill_reply(found, ticket=ticket, staff=signed_in(request))
        return HttpResponse(text, content_type="text/plain; charset=utf-8")
