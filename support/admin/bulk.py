"""What is done with several tickets at once: each by the same service as one, in a transaction of its own, with its own outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.people import signed_in
from nexusvpn.admin_actions import ActionsAdmin
from nexusvpn.errors import DomainError
from nexusvpn.forms import ServiceForm
from nexusvpn.languages import lazy as _
from nexusvpn.staff_history import as_kept
from support.admin.forms import AddTagForm, AssignForm, PriorityForm
from support.models import Ticket
from support.services.inbox import with_facts
from support.services.tagging import add_tag as add_tag_to
from support.services.tickets import assign_ticket, change_priority, close_ticket


class Done(NamedTuple):
    """What came of one ticket: nothing in `refused` if it was done."""

    ticket: Ticket
    refused: str


def do_with_each(tickets: Sequence[Ticket], act: Callable[[Ticket], Any]) -> list[Done]:
    """A refusal stops nothing: those before it are done, those after it have their turn."""
    outcomes = []
    for ticket in tickets:
        try:
            act(ticket)
        except DomainError as error:
            refusals = [text for texts in error.fields.values() for text in texts]
            outcomes.append(Done(ticket, " ".join(refusals) or error.message))
        else:
            outcomes.append(Done(ticket, ""))
    return outcomes


class BulkAdmin(ActionsAdmin):
    """The actions of the list. One that needs a value asks for it on a page of its own, which names the tickets."""

    actions = ("assign_to_me", "assign_to", "close_several", "add_tag", "set_priority")

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request, None)

    @admin.action(description=_("Assign to me"), permissions=["answer"])
    def assign_to_me(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse:
        me = signed_in(request)

        def act(ticket: Ticket) -> None:
            # What a colleague has taken since the list was shown stays theirs.
            assign_ticket(ticket_id=ticket.pk, staff=me, assignee=me, only_free=True)

        return self._do(request, _("Assign to me"), act)

    @admin.action(description=_("Assign to …"), permissions=["answer"])
    def assign_to(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse:
        def act(ticket: Ticket, assignee: Any) -> None:
            assign_ticket(ticket_id=ticket.pk, staff=signed_in(request), assignee=assignee)

        return self._ask_and_do(request, "assign_to", _("Assign"), AssignForm, act)

    @admin.action(description=_("Close"), permissions=["answer"])
    def close_several(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse:
        def act(ticket: Ticket) -> None:
            close_ticket(ticket_id=ticket.pk, closer=signed_in(request))

        return self._ask_and_do(request, "close_several", _("Close"), ServiceForm, act)

    @admin.action(description=_("Add a tag …"), permissions=["answer"])
    def add_tag(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse:
        def act(ticket: Ticket, tag: str) -> None:
            add_tag_to(ticket_id=ticket.pk, staff=signed_in(request), name=tag)

        return self._ask_and_do(request, "add_tag", _("Add a tag"), AddTagForm, act)

    @admin.action(description=_("Change priority …"), permissions=["answer"])
    def set_priority(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse:
        def act(ticket: Ticket, priority: str) -> None:
            change_priority(ticket_id=ticket.pk, staff=signed_in(request), priority=priority)

        return self._ask_and_do(request, "set_priority", _("Change priority"), PriorityForm, act)

    def _chosen(self, request: HttpRequest) -> list[Ticket]:
        """The tickets that were ticked, and of these all: one that has left the view meanwhile is done, or says why not.

        Never more than a page, whatever was sent: "all of the table" is nothing that somebody has looked at.
        """
        keys = request.POST.getlist(ACTION_CHECKBOX_NAME)[: self.list_per_page]
        return list(with_facts(Ticket.objects.filter(pk__in=keys)).order_by("updated_at", "id"))

    def _ask_and_do(
        self, request: HttpRequest, action: str, title: str, form_class: type[ServiceForm], act: Callable[..., None]
    ) -> HttpResponse:
        form = form_class(request.POST if "sure" in request.POST else None)
        if not form.is_valid():
            return self._page(request, title, form=form, action=action, tickets=self._chosen(request))
        return self._do(request, title, lambda ticket: act(ticket, **form.cleaned_data))

    def _do(self, request: HttpRequest, title: str, act: Callable[[Ticket], Any]) -> HttpResponse:
        outcomes = do_with_each(self._chosen(request), act)
        for done in outcomes:
            if not done.refused:
                self.log_change(request, done.ticket, as_kept(title))
        return self._page(request, title, outcomes=outcomes, refused=[each for each in outcomes if each.refused])

    def _page(self, request: HttpRequest, title: str, **more: Any) -> HttpResponse:
        # The list goes on where it was: its address says the view and the filters.
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        context |= {"list_url": request.get_full_path(), "checkbox": ACTION_CHECKBOX_NAME, **more}
        return TemplateResponse(request, "admin/support/ticket/bulk.html", context)
