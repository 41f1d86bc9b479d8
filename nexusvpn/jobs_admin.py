"""Queued jobs in the admin: how they fare, not what they say. A mail's text may hold a link that is a secret."""

from __future__ import annotations

from django.contrib import admin
from procrastinate.contrib.django.models import ProcrastinateJob

from nexusvpn.admin_base import ReadOnlyAdmin


class JobAdmin(ReadOnlyAdmin):
    fields = readonly_fields = (
        "id",
        "task_name",
        "queue_name",
        "status",
        "attempts",
        "scheduled_at",
        "abort_requested",
    )
    list_display = ("id", "task_name", "status", "attempts", "queue_name", "scheduled_at")
    list_filter = ("status", "queue_name")
    search_fields = ("task_name",)
    ordering = ("-id",)


def replace_registration() -> None:
    """Put this in the place of the package's own, which shows arguments and needs inline styles."""
    admin.site.unregister(ProcrastinateJob)
    admin.site.register(ProcrastinateJob, JobAdmin)
