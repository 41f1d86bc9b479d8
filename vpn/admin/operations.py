"""What happened to the fleet: outages, alerts, incidents, and what nodes carried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from accounts.people import signed_in
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.errors import Conflict
from nexusvpn.languages import lazy as _
from nexusvpn.moments import month_in_words
from nexusvpn.templatetags.nexusvpn_ui import percent
from vpn.models import (
    Alert,
    Incident,
    IncidentUpdate,
    NodeHour,
    NodeTotal,
    Outage,
    QuotaMeter,
    UsageMonth,
    Watch,
)
from vpn.services.incidents import post_incident, post_update, resolve_incident


@admin.register(Outage)
class OutageAdmin(ReadOnlyAdmin):
    list_display = ("server", "started_at", "ended_at")
    list_select_related = ("server",)
    list_filter = (("ended_at", admin.EmptyFieldListFilter), "server")
    search_fields = ("server__name",)


@admin.register(Watch)
class WatchAdmin(ReadOnlyAdmin):
    """When somebody looked after the nodes: what lies between two rows is not known."""

    list_display = ("watched_from", "watched_until")
    search_fields = ("=id",)


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ("server", "kind", "detail", "opened_at", "closed_at")
    list_select_related = ("server",)
    list_filter = (("closed_at", admin.EmptyFieldListFilter), "kind")
    search_fields = ("server__name", "detail")


class IncidentUpdateInline(admin.StackedInline):
    """What was said stays as it was said; there is room for one more."""

    model = IncidentUpdate
    fields = ("text", "written_at")
    readonly_fields = ("written_at",)
    extra = 1
    max_num = 1000
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return request.user.has_perm("vpn.view_incident") or self.has_add_permission(request, obj)  # type: ignore[union-attr]

    def has_add_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return request.user.has_perm("vpn.change_incident" if obj else "vpn.add_incident")  # type: ignore[union-attr]

    def has_change_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return False


@admin.register(Incident)
class IncidentAdmin(ActionsAdmin):
    """What the public status page says about trouble, from the start of the incident on."""

    list_display = ("title", "impact", "started_at", "resolved_at")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "impact")
    search_fields = ("title",)
    fields = ("title", "impact", "locations", "started_at", "resolved_at")
    readonly_fields = ("resolved_at",)
    filter_horizontal = ("locations",)
    inlines = (IncidentUpdateInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        """Only of what the public has not seen yet."""
        unseen = obj is not None and obj.started_at > timezone.now()
        return unseen and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Incident, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            post_incident(obj, locations=form.cleaned_data["locations"], by=signed_in(request))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """A message that was said just now is left out, and takes nothing else of the form with it."""
        said = []
        for update in formset.save(commit=False):
            try:
                update.pk = post_update(incident_id=form.instance.pk, text=update.text).pk
            except Conflict as error:
                messages.info(request, error.message)
            else:
                said.append(update)
        # The incident's history tells of these.
        formset.new_objects = said

    @object_action(
        _("Resolve"),
        _(
            "The status page says that the trouble is over, with the present time. It stays in the list of the last 90 days."
        ),
        applies=lambda incident: incident.resolved_at is None,
        is_one_with_history=True,
    )
    def resolve(self, request: HttpRequest, incident: Incident) -> Outcome:
        resolve_incident(incident_id=incident.pk)
        return gettext("The incident is resolved.")


@admin.register(IncidentUpdate)
class IncidentUpdateAdmin(ReadOnlyAdmin):
    list_display = ("incident", "written_at", "text")
    list_select_related = ("incident",)
    search_fields = ("incident__title", "text")


def _warned_at(level: int) -> str:
    return percent(level / 100) if level else gettext("Not yet")


@admin.register(QuotaMeter)
class QuotaMeterAdmin(ReadOnlyAdmin):
    list_display = ("user", "used_bytes", "quota_bytes", "period_start", "resets_at", "warned")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("pk",)
    words: ClassVar[dict[str, Callable[[Any], str]]] = {"warned": _warned_at}


@admin.register(UsageMonth)
class UsageMonthAdmin(ReadOnlyAdmin):
    words: ClassVar[dict[str, Callable[[Any], str]]] = {"month": month_in_words}
    list_display = ("month", "user", "bytes_up", "bytes_down")
    list_select_related = ("user",)
    search_fields = ("user__email",)


@admin.register(NodeTotal)
class NodeTotalAdmin(ReadOnlyAdmin):
    list_display = ("server", "interface_epoch", "rx", "tx", "grown_at")
    list_select_related = ("server",)
    search_fields = ("server__name",)
    ordering = ("-id",)


@admin.register(NodeHour)
class NodeHourAdmin(ReadOnlyAdmin):
    """What nodes say they carried, beside what their customers' registers grew by."""

    list_display = ("hour", "server", "node_rx", "customers_rx", "node_tx", "customers_tx")
    list_select_related = ("server",)
    list_filter = ("server",)
    search_fields = ("server__name",)
