"""Queued jobs in the admin: how they fare, not what they say. A mail's text may hold a link that is a secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import ngettext_lazy
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from procrastinate.jobs import Status

from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.languages import lazy as _
from nexusvpn.waiting import Waiting, kinds

STATES = {
    Status.TODO.value: _("Waits for its turn"),
    Status.DOING.value: _("Runs"),
    Status.SUCCEEDED.value: _("Done"),
    Status.FAILED.value: _("Given up"),
    Status.CANCELLED.value: _("Called off"),
    Status.ABORTING.value: _("Is being stopped"),
    Status.ABORTED.value: _("Stopped"),
}


def state_in_words(state: str) -> str:
    return str(STATES.get(state, state))


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
    list_filter = ("status", "queue_name", "scheduled_at")
    words: ClassVar[dict[str, Callable[[str], str]]] = {"status": state_in_words}
    search_fields = ("task_name",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProcrastinateJob]:
        rows: QuerySet[ProcrastinateJob] = super().get_queryset(request).defer("args")
        return rows

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """A state that there is not is 400: the column is an enumeration of the database, which fails on any other."""
        for name, values in request.GET.lists():
            column, _blank, lookup = name.partition("__")
            asked = {state for value in values for state in value.split(",")}
            if column == "status" and lookup not in ("isnull", "isempty") and not asked <= STATES.keys():
                raise BadRequest
        return super().get_changelist_instance(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        job: Any = super().get_object(request, object_id, from_field)
        if job is not None:
            # The job's own text writes the arguments out.
            job.args = {}
        return job

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        job = kwargs["obj"]
        context["subtitle"] = f"{job.task_name}, {job.pk}"
        return super().render_change_form(request, context, *args, **kwargs)


# Finished jobs are forgotten after a while, so there are never many: no index is kept for those that failed.
_failed_at = ProcrastinateEvent.objects.filter(job=OuterRef("pk"), type="failed").order_by("-at").values("at")[:1]
kinds.append(
    Waiting(
        "procrastinate.view_procrastinatejob",
        lambda: ProcrastinateJob.objects.filter(status="failed"),
        Subquery(_failed_at),
        ngettext_lazy("%(count)s job was given up", "%(count)s jobs were given up", "n"),
        lambda: f"{reverse('admin:procrastinate_procrastinatejob_changelist')}?status__exact=failed",
    )
)


def replace_registration() -> None:
    """Put this in the place of the package's own, which shows arguments and needs inline styles."""
    admin.site.unregister(ProcrastinateJob)
    admin.site.register(ProcrastinateJob, JobAdmin)
