"""Queued jobs in the admin: how they fare, not what they say. A mail's text may hold a link that is a secret."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from procrastinate.contrib.django.models import ProcrastinateJob

from nexusvpn.admin_base import ReadOnlyAdmin


class JobAdmin(ReadOnlyAdmin):
    fields = (
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProcrastinateJob]:
        rows: QuerySet[ProcrastinateJob] = super().get_queryset(request).defer("args")
        return rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        job: Any = super().get_object(request, object_id, from_field)
        if job is not None:
            # The job's own text, which is the page's title, writes the arguments out.
            job.args = {}
        return job


def replace_registration() -> None:
    """Put this in the place of the package's own, which shows arguments and needs inline styles."""
    admin.site.unregister(ProcrastinateJob)
    admin.site.register(ProcrastinateJob, JobAdmin)
