"""Tickets in the admin: the inbox, what is done with several at once, and a ticket's page."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext

from accounts.people import signed_in
from nexusvpn.admin_actions import Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.admin_export import Export
from nexusvpn.languages import lazy as _
from support.admin.answering import AnsweringAdmin
from support.admin.bulk import BulkAdmin
from support.admin.inbox import InboxAdmin
from support.models import Ticket
from support.services.tickets import close_ticket


@admin.register(Ticket)
class TicketAdmin(InboxAdmin, BulkAdmin, AnsweringAdmin, ReadOnlyAdmin):
    export = Export(
        "tickets",
        [
            ("id", "id"),
            ("subject", "subject"),
            ("customer", "user__email"),
            ("status", "status"),
            ("priority", "priority"),
            ("category", "category"),
            ("assignee", "assignee__email"),
            ("created_at", "created_at"),
            ("updated_at", "updated_at"),
            ("due_at", "due_at"),
            ("answer_kept", "answer_kept"),
            ("resolution_kept", "resolution_kept"),
        ],
    )

    @object_action(
        _("Close ticket"),
        _("The customer is told that it is closed, and can open it again for a while by answering."),
        applies=lambda ticket: ticket.status != Ticket.Status.CLOSED,
    )
    def close(self, request: HttpRequest, ticket: Ticket) -> Outcome:
        close_ticket(ticket_id=ticket.pk, closer=signed_in(request))
        return gettext("The ticket is closed.")
