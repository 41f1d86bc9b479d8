"""Locations, servers and their nodes. What nodes measure and what services write is read-only here."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin, StaffModelAdmin
from nexusvpn.templatetags.nexusvpn_ui import ago
from vpn.admin.health import health_panel, is_silent, notes_panel, status_of
from vpn.models import Location, NodeNote, NodeStatus, NodeToken, Server
from vpn.services.emptying import drain_server, undrain_server
from vpn.services.nodes import accept_new_key, enrolment_command, issue_enrolment_token, revoke_credential
from vpn.services.servers import renew_interface


@admin.register(Location)
class LocationAdmin(StaffModelAdmin):
    list_display = ("name", "slug", "city", "country_code", "premium", "is_active", "online")
    list_filter = ("premium", "is_active")
    search_fields = ("name", "slug", "city", "=country_code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Location]:
        rows: QuerySet[Location] = super().get_queryset(request)
        is_online = Q(servers__state=Server.State.ONLINE)
        return rows.annotate(_servers=Count("servers"), _online=Count("servers", filter=is_online))

    @admin.display(description="servers online", ordering="_online")
    def online(self, location: Any) -> str:
        return f"{location._online} of {location._servers}"


class ServerForm(forms.ModelForm):
    """Networks are compared as they are written, so that an untouched one does not count as changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("network_v4", "network_v6"):
            if self.initial.get(name) is not None:
                self.initial[name] = str(self.initial[name])


# What the node itself has to set up anew; DNS is only in customers' files.
INTERFACE_FIELDS = {"port", "mtu", "network_v4", "network_v6"}


@admin.register(Server)
class ServerAdmin(ActionsAdmin):
    form = ServerForm
    list_display = ("name", "location", "state", "last_report", "in_sync", "behind", "peers", "agent")
    list_select_related = ("location", "status")
    list_filter = ("state", "location")
    search_fields = ("name", "public_endpoint", "=public_key", "location__name")
    fieldsets = (
        (None, {"fields": ("name", "location", "state", "capacity")}),
        ("Where customers connect", {"fields": ("public_endpoint", "port", "public_key")}),
        ("Inside the tunnel", {"fields": ("network_v4", "network_v6", "dns", "mtu")}),
        ("Bookkeeping", {"fields": ("id", "revision", "epoch", "next_host", "mass_removal_until", "created_at")}),
    )
    readonly_fields = (
        "id",
        "state",
        "public_key",
        "revision",
        "epoch",
        "next_host",
        "mass_removal_until",
        "created_at",
    )
    panels: ClassVar[list[Any]] = [health_panel, notes_panel]

    def get_readonly_fields(self, request: HttpRequest, obj: Server | None = None) -> tuple[str, ...]:
        """Addresses that were given out and configurations that customers hold cannot be changed behind their backs."""
        in_use = obj is not None and (obj.next_host > 2 or obj.peers.exists())
        return (*self.readonly_fields, *(("network_v4", "network_v6", "port") if in_use else ()))

    def save_model(self, request: HttpRequest, obj: Server, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and INTERFACE_FIELDS & set(form.changed_data):
            renew_interface(server_id=obj.pk)

    @admin.display(description="last report", ordering="status__last_report_at")
    def last_report(self, server: Server) -> str:
        status = status_of(server)
        if status is None or status.last_report_at is None:
            return "never"
        return f"{ago(status.last_report_at)} (silent)" if is_silent(server) else ago(status.last_report_at)

    @admin.display(description="in sync", boolean=True, ordering="status__in_sync")
    def in_sync(self, server: Server) -> bool | None:
        status = status_of(server)
        return None if status is None else status.in_sync

    @admin.display(description="changes to apply")
    def behind(self, server: Server) -> str:
        """Revisions that the node has not confirmed; of another epoch it has confirmed nothing."""
        status = status_of(server)
        if status is None or status.applied_epoch != server.epoch:
            return "all"
        return str(max(0, server.revision - status.applied_revision))

    @admin.display(description="peers", ordering="status__peer_count")
    def peers(self, server: Server) -> str:
        status = status_of(server)
        known = status is not None and status.peer_count is not None
        return f"{status.peer_count if status and known else '–'} of {server.capacity}"

    @admin.display(description="agent", ordering="status__agent_version")
    def agent(self, server: Server) -> str:
        status = status_of(server)
        return status.agent_version if status and status.agent_version else "–"

    @object_action(
        "Issue enrolment command",
        "You get a command with a one-time token. Enrolment tokens issued earlier for this server end.",
    )
    def issue_enrolment(self, request: HttpRequest, server: Server) -> Outcome:
        command = enrolment_command(issue_enrolment_token(server))
        context = self._context(request, server, title="Enrolment command", command=command)
        response = TemplateResponse(request, "admin/vpn/server/enrolment.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @object_action(
        "Accept a new WireGuard key",
        "The present key and the node's credential end; the server takes no new devices until its node enrols again."
        " If that brings another key, every customer of this server needs a new configuration.",
        applies=lambda server: server.public_key is not None,
        danger=True,
    )
    def accept_key(self, request: HttpRequest, server: Server) -> Outcome:
        accept_new_key(server)
        return "The next enrolment may bring another WireGuard key."

    @object_action(
        "Revoke the node's credential",
        "The node can neither fetch changes nor report until it enrols again. Tunnels that it carries now go on.",
        applies=lambda server: server.tokens.filter(kind=NodeToken.Kind.CREDENTIAL, revoked_at=None).exists(),
        danger=True,
    )
    def revoke_node(self, request: HttpRequest, server: Server) -> Outcome:
        revoke_credential(server)
        return "The node's credential is revoked."

    @object_action(
        "Drain",
        "The server gets no new devices; those it has keep working.",
        applies=lambda server: server.state in (Server.State.ONLINE, Server.State.OFFLINE),
    )
    def drain(self, request: HttpRequest, server: Server) -> Outcome:
        drain_server(server_id=server.pk)
        return "The server gets no new devices."

    @object_action(
        "Stop draining",
        "The server gets new devices again, at once or with its node's next report.",
        applies=lambda server: server.state == Server.State.DRAINING,
    )
    def undrain(self, request: HttpRequest, server: Server) -> Outcome:
        state = undrain_server(server_id=server.pk).state
        return "The server gets new devices again" + (
            "." if state == Server.State.ONLINE else " with its node's next report."
        )


@admin.register(NodeStatus)
class NodeStatusAdmin(ReadOnlyAdmin):
    list_display = (
        "server",
        "last_report_at",
        "in_sync",
        "applied_revision",
        "peer_count",
        "cpu_percent",
        "memory_percent",
        "agent_version",
    )
    list_select_related = ("server",)
    list_filter = ("in_sync",)
    search_fields = ("server__name",)


@admin.register(NodeNote)
class NodeNoteAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "server", "code", "detail")
    list_select_related = ("server",)
    search_fields = ("server__name", "code", "detail")


@admin.register(NodeToken)
class NodeTokenAdmin(ReadOnlyAdmin):
    """Which secrets a node has had; not even their hashes are shown."""

    fields = ("server", "kind", "created_at", "expires_at", "used_by_key", "revoked_at")
    list_display = ("server", "kind", "created_at", "expires_at", "used_by_key", "revoked_at")
    list_select_related = ("server",)
    list_filter = ("kind", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("server__name", "=used_by_key")

    def get_queryset(self, request: HttpRequest) -> QuerySet[NodeToken]:
        rows: QuerySet[NodeToken] = super().get_queryset(request).defer("token_hash")
        return rows
