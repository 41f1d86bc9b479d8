"""What people asked to be told and to have, and where sign-ups came from."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import DataExport, MailChoice, SignupOrigin
from nexusvpn.admin_base import ReadOnlyAdmin


@admin.register(DataExport)
class DataExportAdmin(ReadOnlyAdmin):
    """That an export was made. What is in it is for its owner alone."""

    fields = ("id", "user", "state", "created_at", "ready_at", "expires_at")
    list_display = ("user", "state", "created_at", "ready_at", "expires_at")
    list_select_related = ("user",)
    list_filter = ("state",)
    search_fields = ("user__email",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataExport]:
        rows: QuerySet[DataExport] = super().get_queryset(request).defer("content")
        return rows


@admin.register(MailChoice)
class MailChoiceAdmin(ReadOnlyAdmin):
    list_display = ("user", "kind", "wanted")
    list_select_related = ("user",)
    list_filter = ("kind", "wanted")
    search_fields = ("user__email",)


@admin.register(SignupOrigin)
class SignupOriginAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user", "network")
    ordering = ("-created_at",)
    list_select_related = ("user",)
    search_fields = ("user__email", "=network")
