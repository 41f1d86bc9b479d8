"""What stands behind threads, to be looked at: messages, and what a repeat would not write again."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.people import signed_in
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.languages import lazy as _
from support.models import IdempotencyKey, TicketMessage


@admin.register(TicketMessage)
class TicketMessageAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "ticket", "author", "by_staff", "is_note", "via", "beginning")
    list_select_related = ("ticket", "author")
    list_filter = ("by_staff", "is_note", "via")
    search_fields = ("ticket__subject", "author__email", "=ticket__id")
    ordering = ("-created_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketMessage]:
        return TicketMessage.objects.for_desk_of(signed_in(request))

    @admin.display(description=_("message"))
    def beginning(self, message: TicketMessage) -> str:
        return message.body[:80]


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Which messages a repeat would not write again."""

    list_display = ("created_at", "user", "key")
    list_select_related = ("user",)
    search_fields = ("user__email", "=key")
    ordering = ("-id",)
