"""Devices, their addresses and their traffic: written by services and nodes, looked at here."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse

from accounts.admin import LATEST, UserAdmin
from accounts.models import User
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import Column, Panel, ReadOnlyAdmin
from nexusvpn.templatetags.nexusvpn_ui import ago, bytes_si, day
from vpn.models import FreeAddress, IpAssignment, Peer, UsageCounter, UsageRecord, VpnConfig
from vpn.services.device_views import live_devices
from vpn.services.devices import remove_device


def devices_panel(user: User) -> Panel:
    views = live_devices(user.pk, LATEST)
    rows = [
        (view.name, view.location_name, view.ipv4, view.ipv6, view.state.replace("_", " "), ago(view.created_at))
        for view in views
    ]
    url = f"{reverse('admin:vpn_vpnconfig_changelist')}?user__id__exact={user.pk}"
    return Panel("Devices", ("Name", "Location", "IPv4", "IPv6", "State", "Added"), rows, url)


def usage_panel(user: User) -> Panel:
    records = user.usage_records.select_related("device")[:LATEST]
    rows = [(day(r.record_date), r.device.name, bytes_si(r.bytes_up), bytes_si(r.bytes_down)) for r in records]
    url = f"{reverse('admin:vpn_usagerecord_changelist')}?user__id__exact={user.pk}"
    return Panel("Latest usage", ("Day", "Device", "Up", "Down"), rows, url)


UserAdmin.panels[:0] = [devices_panel, usage_panel]
_live = VpnConfig.objects.live().filter(user=OuterRef("pk")).order_by().values("user")
UserAdmin.extra_columns.append(
    Column("device_count", "devices", Coalesce(Subquery(_live.annotate(n=Count("pk")).values("n")), 0))
)


@admin.register(VpnConfig)
class DeviceAdmin(ActionsAdmin, ReadOnlyAdmin):
    list_display = ("name", "user", "location", "created_at", "revoked_at")
    list_select_related = ("user", "location")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "location")
    search_fields = ("user__email", "name", "=public_key", "=id")

    @object_action(
        "Remove",
        "The device is taken off its server, and its customer has to add it anew to use it again.",
        applies=lambda device: device.revoked_at is None,
        danger=True,
    )
    def remove(self, request: HttpRequest, device: VpnConfig) -> Outcome:
        remove_device(user=device.user, device_id=device.pk)
        return "The device is removed."


@admin.register(IpAssignment)
class IpAssignmentAdmin(ReadOnlyAdmin):
    """Who had an address, and when."""

    list_display = ("ipv4", "ipv6", "server", "device", "user", "created_at", "released_at")
    list_select_related = ("server", "device", "user")
    list_filter = (("released_at", admin.EmptyFieldListFilter), "server")
    search_fields = ("ipv4", "ipv6", "user__email", "device__name")


@admin.register(FreeAddress)
class FreeAddressAdmin(ReadOnlyAdmin):
    list_display = ("host", "server", "available_at")
    list_select_related = ("server",)
    list_filter = ("server",)
    search_fields = ("server__name", "=host")
    ordering = ("-id",)


@admin.register(Peer)
class PeerAdmin(ReadOnlyAdmin):
    """What the servers' interfaces should hold, key by key."""

    list_display = ("public_key", "server", "device", "wanted", "revision", "connection")
    list_select_related = ("server", "device")
    list_filter = ("wanted", "connection", "server")
    search_fields = ("=public_key", "device__name", "device__user__email")


@admin.register(UsageCounter)
class UsageCounterAdmin(ReadOnlyAdmin):
    list_display = ("epoch", "server", "device", "rx", "tx")
    list_select_related = ("server", "device")
    list_filter = ("server",)
    search_fields = ("=epoch", "device__name", "device__user__email")
    ordering = ("-id",)


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnlyAdmin):
    list_display = ("record_date", "user", "device", "up", "down")
    list_select_related = ("user", "device")
    search_fields = ("user__email", "device__name")

    @admin.display(description="up", ordering="bytes_up")
    def up(self, record: UsageRecord) -> str:
        return bytes_si(record.bytes_up)

    @admin.display(description="down", ordering="bytes_down")
    def down(self, record: UsageRecord) -> str:
        return bytes_si(record.bytes_down)
