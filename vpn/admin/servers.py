"""Servers, as they should be. What nodes measure and what services write is read-only here."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from nexusvpn.admin_export import Export
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import UNKNOWN, ago
from vpn.admin.conditions import ConditionFilter, NodeFilter, condition_in_words, status_of, with_condition
from vpn.admin.health import health_panel, notes_panel
from vpn.admin.server_actions import ServerActions, left_behind_banner
from vpn.admin.stops import banners_of_server
from vpn.models import Server
from vpn.services.servers import renew_interface
from vpn.services.stops import put_under_stops


class ServerForm(forms.ModelForm):
    """Networks are compared as they are written, so that an untouched one does not count as changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("network_v4", "network_v6"):
            if self.initial.get(name) is not None:
                self.initial[name] = str(self.initial[name])
        if "extra_ports" in self.fields:
            # Django's own words do not say what is wrong with a number that is out of range.
            words = gettext("Port %(nth)s of the list must be a number from 1 to 65535.")
            self.fields["extra_ports"].error_messages["item_invalid"] = words


# What the node itself has to set up anew; DNS is only in customers' files.
INTERFACE_FIELDS = {"port", "extra_ports", "mtu", "network_v4", "network_v6"}
BOOKKEEPING = (
    "id",
    "revision",
    "epoch",
    "next_host",
    "stopped_at",
    "drain_until",
    "mass_removal_until",
    "rotate_credential",
    "created_at",
)


@admin.register(Server)
class ServerAdmin(ServerActions):
    form = ServerForm
    list_display = ("name", "location", "condition", "last_report", "peers")
    list_select_related = ("location", "status")
    list_filter = (ConditionFilter, NodeFilter, "location")
    search_fields = ("name", "public_endpoint", "=public_key", "location__name")
    export = Export(
        "servers",
        [
            ("name", "name"),
            ("location", "location__slug"),
            ("state", "state"),
            ("endpoint", "public_endpoint"),
            ("port", "port"),
            ("capacity", "capacity"),
            ("peers", "status__peer_count"),
            ("in_sync", "status__in_sync"),
            ("last_report_at", "status__last_report_at"),
            ("agent_version", "status__agent_version"),
        ],
    )
    fieldsets = (
        (None, {"fields": ("name", "location", "condition", "capacity")}),
        (_("Where customers connect"), {"fields": ("public_endpoint", "port", "extra_ports", "public_key")}),
        (_("Inside the tunnel"), {"fields": ("network_v4", "network_v6", "dns", "mtu")}),
        (_("Bookkeeping"), {"fields": BOOKKEEPING}),
    )
    readonly_fields = ("condition", "public_key", *BOOKKEEPING)
    panels: ClassVar[list[Any]] = [health_panel, notes_panel]
    banners: ClassVar[list[Any]] = [banners_of_server, left_behind_banner]
    instead_of_deleting = _(
        "Who had which address on a server, and what it carried, is kept. Take one that is no longer needed out of service "
        "instead: choose “Drain” and then, when it is empty, “Decommission”."
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Server | None = None) -> tuple[str, ...]:
        """Addresses that were given out and configurations that customers hold cannot be changed behind their backs."""
        in_use = obj is not None and (obj.next_host > 2 or obj.peers.exists())
        return (*self.readonly_fields, *(("location", "network_v4", "network_v6", "port") if in_use else ()))

    def save_model(self, request: HttpRequest, obj: Server, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or "location" in form.changed_data:
            put_under_stops(obj)
        if change and INTERFACE_FIELDS & set(form.changed_data):
            renew_interface(server_id=obj.pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Server]:
        return with_condition(super().get_queryset(request))

    @admin.display(description=_("condition"), ordering="condition")
    def condition(self, server: Server) -> str:
        return condition_in_words(server)

    @admin.display(description=_("last report"), ordering="status__last_report_at")
    def last_report(self, server: Server) -> str:
        status = status_of(server)
        return gettext("Never") if status is None or status.last_report_at is None else ago(status.last_report_at)

    @admin.display(description=_("peers"), ordering="status__peer_count")
    def peers(self, server: Server) -> str:
        status = status_of(server)
        known = status is not None and status.peer_count is not None
        return gettext("%(value)s of %(capacity)s") % {
            "value": status.peer_count if status and known else UNKNOWN,
            "capacity": server.capacity,
        }
