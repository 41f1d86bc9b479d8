"""What became of mails that came in; not what they said."""

from __future__ import annotations

from django.contrib import admin

from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.languages import lazy as _
from support.models import InboundMail


@admin.register(InboundMail)
class InboundMailAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "state", "reason", "ticket")
    list_select_related = ("message__ticket",)
    list_filter = ("state", "reason")
    search_fields = ("=message__ticket__id",)
    ordering = ("-received_at", "-id")

    @admin.display(description=_("ticket"))
    def ticket(self, mail: InboundMail) -> str:
        return mail.message.ticket.subject if mail.message is not None else "–"
