"""Answers, notes and moves of a ticket, each by its service; a refused one is shown again with the thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, gettext_noop

from accounts.people import signed_in
from nexusvpn.audit import is_told
from nexusvpn.errors import DomainError
from nexusvpn.forms import ServiceForm
from support.admin.forms import AnswerForm, AssignForm, MergeForm, PriorityForm, TagsForm
from support.admin.page import PageAdmin
from support.admin.words import name_of
from support.errors import ThreadMoved, TicketClosed
from support.models import CannedReply, Ticket, TicketMessage
from support.services.canned import fill_reply
from support.services.desk import messages_since, refuse_moved
from support.services.tickets import (
    add_note,
    assign_ticket,
    change_priority,
    close_answered,
    merge_tickets,
    reply_to_ticket,
    set_tags,
)
from support.uploads import received_files

# Of the number of a prepared answer; Python makes no number of thousands.
MOST_DIGITS = 9
SEND, SEND_AND_CLOSE, NOTE, INSERT = "send", "close", "note", "insert"


class AnsweringAdmin(PageAdmin):
    def get_urls(self) -> list[URLPattern]:
        return [
            path("<path:object_id>/reply/", self.posted(self.reply_view), name="support_ticket_reply"),
            path("<path:object_id>/assign/", self.posted(self.assign_view), name="support_ticket_assign"),
            path("<path:object_id>/priority/", self.posted(self.priority_view), name="support_ticket_priority"),
            path("<path:object_id>/tags/", self.posted(self.tags_view), name="support_ticket_tags"),
            path("<path:object_id>/merge/", self.admin_site.admin_view(self.merge_view), name="support_ticket_merge"),
            *super().get_urls(),
        ]

    def reply_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send an answer, write a note, or insert a prepared answer, which sends nothing."""
        ticket = self.ticket_at(request, object_id)
        form = AnswerForm(request.POST, request.FILES)
        if request.POST.get("do") == INSERT:
            form = self._inserted(request, ticket)
        elif form.is_valid() and self._written(request, ticket, form):
            return HttpResponseRedirect(self.change_url(ticket))
        # The page is asked for as if by GET: its own form is not the one that was sent.
        request.method = "GET"
        return self.changeform_view(request, object_id, extra_context={"answer_form": form})

    def _inserted(self, request: HttpRequest, ticket: Ticket) -> AnswerForm:
        """The form as it was, with the prepared answer below what was written."""
        sent = {name: request.POST.get(name, "") for name in ("message", "idempotency_key")}
        number = request.POST.get("reply", "")
        is_number = number.isdecimal() and len(number) <= MOST_DIGITS
        chosen = CannedReply.objects.filter(is_active=True, pk=int(number) if is_number else 0).first()
        if chosen is not None:
            text = fill_reply(chosen, ticket=ticket, staff=signed_in(request))
            sent["message"] = "\n\n".join(part for part in (sent["message"].strip(), text) if part)
        return AnswerForm(initial=sent)

    def _written(self, request: HttpRequest, ticket: Ticket, form: AnswerForm) -> bool:
        act = self._note if request.POST.get("do") == NOTE else self._answer
        try:
            act(request, ticket, form)
        except ThreadMoved as error:
            form.add_domain_error(error)
            form.show_news(messages_since(ticket, signed_in(request), form.cleaned_data["seen"]))
            return False
        except DomainError as error:
            form.add_domain_error(error)
            return False
        return True

    def _note(self, request: HttpRequest, ticket: Ticket, form: AnswerForm) -> None:
        me, values = signed_in(request), form.cleaned_data
        key = values["idempotency_key"]
        written = add_note(ticket_id=ticket.pk, author=me, message=values["message"], idempotency_key=key)
        self._log_once(request, written, gettext_noop("Noted"))
        messages.success(request, gettext("Your note is there; only staff see it."))

    def _answer(self, request: HttpRequest, ticket: Ticket, form: AnswerForm) -> None:
        me, values = signed_in(request), form.cleaned_data
        files = received_files(request, me, values["files"])
        seen: UUID | None = values["seen"]
        written = reply_to_ticket(
            ticket_id=ticket.pk,
            author=me,
            message=values["message"],
            files=files,
            idempotency_key=values["idempotency_key"],
            # Two who answer at once: the second is shown what the first has written.
            alongside=(lambda written: refuse_moved(written, seen)) if seen else None,
        )
        self._log_once(request, written, gettext_noop("Answered"))
        if request.POST.get("do") != SEND_AND_CLOSE:
            messages.success(request, gettext("Your answer is sent."))
            return
        try:
            self.log_change(request, close_answered(answer=written, closer=me), gettext_noop("Closed"))
        except TicketClosed:
            # Of a form that comes twice the other one may have closed it; who else did makes no difference.
            pass
        except DomainError as error:
            told = gettext("Your answer is sent, but the ticket is not closed. %(message)s")
            messages.warning(request, told % {"message": error.message})
            return
        messages.success(request, gettext("Your answer is sent, and the ticket is closed."))

    def _log_once(self, request: HttpRequest, written: TicketMessage, log: str) -> None:
        """The history, of the ticket that has it, has nothing of a form that came before, with the same key."""
        if is_told(written.ticket):
            self.log_change(request, written.ticket, log)

    def assign_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        me = signed_in(request)

        def act(ticket: Ticket, assignee: Any) -> str:
            chosen = me if "to_me" in request.POST else assignee
            # What was nobody's on the page is not taken from a colleague who was quicker.
            assign_ticket(ticket_id=ticket.pk, staff=me, assignee=chosen, only_free="was_free" in request.POST)
            return (
                gettext("The ticket is %(chosen)s's now.") % {"chosen": name_of(chosen)}
                if chosen
                else gettext("The ticket is nobody's now.")
            )

        return self._move(request, object_id, AssignForm, gettext_noop("Assigned"), act)

    def priority_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(ticket: Ticket, priority: str) -> str:
            change_priority(ticket_id=ticket.pk, staff=signed_in(request), priority=priority)
            return gettext("The priority is changed.")

        return self._move(request, object_id, PriorityForm, gettext_noop("Priority changed"), act)

    def tags_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(ticket: Ticket, names: list[str]) -> str:
            set_tags(ticket_id=ticket.pk, staff=signed_in(request), names=names)
            return gettext("The tags are changed.")

        return self._move(request, object_id, TagsForm, gettext_noop("Tags changed"), act)

    def _move(
        self, request: HttpRequest, object_id: str, form_class: type[ServiceForm], log: str, act: Callable[..., str]
    ) -> HttpResponse:
        """One small form of the page; a refusal is told at its top, since nothing that was written is lost with it."""
        ticket = self.ticket_at(request, object_id)
        form = form_class(request.POST)
        if form.is_valid():
            try:
                told = act(ticket, **form.cleaned_data)
            except DomainError as error:
                form.add_domain_error(error)
            else:
                self.log_change(request, ticket, log)
                messages.success(request, told)
        for texts in form.errors.get_json_data().values():
            messages.error(request, " ".join(text["message"] for text in texts))
        return HttpResponseRedirect(self.change_url(ticket))

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """GET asks into which of the customer's other tickets, POST merges; what is merged stays merged."""
        ticket = self.ticket_at(request, object_id)
        form = MergeForm(request.POST if request.method == "POST" else None, source=ticket)
        if form.is_valid():
            chosen = UUID(form.cleaned_data["target"])
            try:
                target = merge_tickets(source_id=ticket.pk, target_id=chosen, staff=signed_in(request))
            except DomainError as error:
                form.add_domain_error(error)
            else:
                self.log_change(request, ticket, f"{gettext_noop('Merged into another ticket')}: {target.pk}")
                messages.success(request, gettext("The tickets are one now."))
                return HttpResponseRedirect(self.change_url(target))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": ticket, "form": form}
        context |= {"title": gettext("Merge into another ticket"), "change_url": self.change_url(ticket)}
        return TemplateResponse(request, "admin/support/ticket/merge.html", context, status=400 if form.errors else 200)
