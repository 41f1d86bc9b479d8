"""What happened to the fleet: outages, alerts, incidents, and what nodes carried."""

from __future__ import annotations

from django.contrib import admin

from nexusvpn.admin_base import ReadOnlyAdmin, StaffModelAdmin
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


@admin.register(Incident)
class IncidentAdmin(StaffModelAdmin):
    list_display = ("title", "impact", "started_at", "resolved_at")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "impact")
    search_fields = ("title",)
    filter_horizontal = ("locations",)


@admin.register(IncidentUpdate)
class IncidentUpdateAdmin(ReadOnlyAdmin):
    list_display = ("incident", "written_at", "text")
    list_select_related = ("incident",)
    search_fields = ("incident__title", "text")


@admin.register(QuotaMeter)
class QuotaMeterAdmin(ReadOnlyAdmin):
    list_display = ("user", "used_bytes", "quota_bytes", "period_start", "resets_at", "warned")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("pk",)


@admin.register(UsageMonth)
class UsageMonthAdmin(ReadOnlyAdmin):
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
