"""Devices: what state each is in and why, where it is, and what staff may do with it. Also what a customer's page shows of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext

from accounts.admin import LATEST, UserAdmin
from accounts.admin.customer_page import customer_page
from accounts.models import User
from accounts.people import signed_in
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import Column, Panel, ReadOnlyAdmin
from nexusvpn.admin_export import Export
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import STATES, UNKNOWN, ago, bytes_si, day, moment, percent
from vpn.models import IpAssignment, Peer, QuotaMeter, VpnConfig
from vpn.services.device_life import resume_device, suspend_device
from vpn.services.device_views import DeviceView, devices_shown
from vpn.services.devices import remove_device
from vpn.services.heard import is_heard

STAFF = VpnConfig.SuspendedBy.STAFF
STAFFS = (STAFF, VpnConfig.SuspendedBy.BOTH)
RESUME_QUESTIONS: dict[str, str] = {
    STAFF: _("The device gets its tunnels back, with the same addresses."),
    VpnConfig.SuspendedBy.CUSTOMER: _(
        "Its customer has suspended it, and may have a reason. The device gets its tunnels back, with the same addresses."
    ),
    VpnConfig.SuspendedBy.BOTH: _("Its customer has suspended it too, and it stays off until they resume it."),
    VpnConfig.SuspendedBy.NOBODY: _("The device is not suspended."),
}
SUSPENDED_BY: dict[str, str] = {
    VpnConfig.SuspendedBy.CUSTOMER: _("Suspended by the customer"),
    STAFF: _("Suspended by staff"),
    VpnConfig.SuspendedBy.BOTH: _("Suspended by staff and the customer"),
}


def state_in_words(view: DeviceView) -> str:
    word = str(STATES[view.state].word)
    return (
        gettext("%(word)s: waiting for %(unconfirmed)s") % {"word": word, "unconfirmed": ", ".join(view.unconfirmed)}
        if view.unconfirmed and not view.is_active
        else word
    )


def why_off(blocked: str, suspended_by: str) -> str:
    """Why a device is off, in staff's words; empty when it is not."""
    if blocked == VpnConfig.Blocked.SUSPENDED:
        return str(SUSPENDED_BY[suspended_by])
    return str(VpnConfig.Blocked(blocked).label) if blocked else ""


def devices_panel(user: User) -> Panel:
    views = devices_shown(user.pk, LATEST)
    rows = [
        (
            format_html('<a href="{}">{}</a>', reverse("admin:vpn_vpnconfig_change", args=[view.id]), view.name),
            view.location_name,
            view.ipv4,
            view.ipv6,
            state_in_words(view),
            why_off(view.blocked, view.suspended_by) or None,
            ago(view.created_at),
        )
        for view in views
    ]
    url = f"{reverse('admin:vpn_vpnconfig_changelist')}?user__id__exact={user.pk}"
    return Panel(
        gettext("Devices"),
        (
            gettext("Name"),
            gettext("Location"),
            gettext("IPv4"),
            gettext("IPv6"),
            gettext("State"),
            pgettext("reason", "Why"),
            gettext("Added"),
        ),
        rows,
        url,
    )


def quota_panel(user: User) -> Panel:
    """How much of the period's data is used; a plan without a limit has no meter."""
    meter = QuotaMeter.objects.filter(pk=user.pk).first()
    if meter is None:
        return Panel(gettext("Data"), (gettext("Fact"), gettext("Value")), [(gettext("Limit"), gettext("None"))])
    facts = [
        (
            gettext("Used"),
            gettext("%(used_bytes)s of %(quota_bytes)s")
            % {"used_bytes": bytes_si(meter.used_bytes), "quota_bytes": bytes_si(meter.quota_bytes)},
        ),
        (gettext("Share"), percent(meter.used_bytes / meter.quota_bytes)),
        (gettext("Since"), day(meter.period_start)),
        (gettext("Starts again"), moment(meter.resets_at)),
        (
            gettext("Told by mail"),
            gettext("at %(warned)s %%") % {"warned": meter.warned} if meter.warned else gettext("Not yet"),
        ),
    ]
    return Panel(
        gettext("Data"),
        (gettext("Fact"), gettext("Value")),
        facts,
        reverse("admin:vpn_quotameter_change", args=[user.pk]),
    )


def usage_panel(user: User) -> Panel:
    records = user.usage_records.select_related("device")[:LATEST]
    rows = [(day(r.record_date), r.device.name, bytes_si(r.bytes_up), bytes_si(r.bytes_down)) for r in records]
    url = f"{reverse('admin:vpn_usagerecord_changelist')}?user__id__exact={user.pk}"
    return Panel(
        gettext("Latest usage"),
        (gettext("Day"), gettext("Device"), gettext("Uploaded"), gettext("Downloaded")),
        rows,
        url,
    )


customer_page.add_panel(devices_panel, permission="vpn.view_vpnconfig", place=30)
customer_page.add_panel(quota_panel, permission="vpn.view_quotameter", place=94, is_more=True)
customer_page.add_panel(usage_panel, permission="vpn.view_usagerecord", place=95, is_more=True)
_live = VpnConfig.objects.live().filter(user=OuterRef("pk")).order_by().values("user")
UserAdmin.extra_columns.append(
    Column("device_count", _("devices"), Coalesce(Subquery(_live.annotate(n=Count("pk")).values("n")), 0))
)


def _connection(peer: Peer | None, server_heard: bool) -> str:
    if peer is None:
        return UNKNOWN
    return (
        peer.get_connection_display()
        if server_heard
        else gettext("%(connection)s when last heard") % {"connection": peer.get_connection_display()}
    )


def places_panel(device: VpnConfig) -> Panel:
    """Where the device is, server by server, and what each node last said of it."""
    places = IpAssignment.objects.live().filter(device=device).select_related("server__location", "server__status")
    peers = {peer.assignment_id: peer for peer in Peer.objects.filter(device=device, wanted=True).order_by("-id")}
    rows = []
    for place in places:
        status = getattr(place.server, "status", None)
        notes = [
            word
            for word, holds in (
                (gettext("old place"), place.superseded_at),
                (gettext("not in the plan"), place.blocked),
            )
            if holds
        ]
        rows.append(
            (
                place.server.name,
                place.server.location.name,
                place.ipv4,
                place.ipv6,
                _connection(peers.get(place.pk), is_heard(status)),
                ", ".join(notes) or None,
            )
        )
    return Panel(
        gettext("Where it works"),
        (
            gettext("Server"),
            gettext("Location"),
            gettext("IPv4"),
            gettext("IPv6"),
            gettext("Connection"),
            gettext("Note"),
        ),
        rows,
    )


def unconfirmed_panel(device: VpnConfig) -> Panel:
    """The servers whose node was ordered to let go of the device, or of a former key of it, and has not confirmed it."""
    orders = Peer.objects.filter(device=device, wanted=False).select_related("server__status")
    rows = []
    for order in orders:
        status = getattr(order.server, "status", None)
        rows.append(
            (order.server.name, ago(order.changed_at), ago(status.last_report_at) if status else gettext("Never"))
        )
    return Panel(
        gettext("Not confirmed gone"), (gettext("Server"), gettext("Ordered"), gettext("Node last heard")), rows
    )


class RemovalFilter(admin.SimpleListFilter):
    title = _("removal")
    parameter_name = "removal"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("live", gettext("Not removed")),
            ("pending", gettext("Not confirmed by every server")),
            ("confirmed", gettext("Confirmed")),
        ]

    def queryset(self, request: HttpRequest, devices: QuerySet[VpnConfig]) -> QuerySet[VpnConfig]:
        conditions: dict[str | None, dict[str, Any]] = {
            "live": {"revoked_at": None},
            "pending": {"revoked_at__isnull": False, "removal_confirmed_at": None},
            "confirmed": {"removal_confirmed_at__isnull": False},
        }
        return devices.filter(**conditions.get(self.value(), {}))


@admin.register(VpnConfig)
class DeviceAdmin(ActionsAdmin, ReadOnlyAdmin):
    list_display = ("name", "user", "location", "condition", "created_at")
    list_select_related = ("user", "location")
    list_filter = (RemovalFilter, "blocked", "location")
    search_fields = ("user__email", "name", "=public_key", "=id")
    export = Export(
        "devices",
        [
            ("id", "id"),
            ("name", "name"),
            ("customer", "user__email"),
            ("location", "location__slug"),
            ("public_key", "public_key"),
            ("blocked", "blocked"),
            ("suspended_by", "suspended_by"),
            ("created_at", "created_at"),
            ("revoked_at", "revoked_at"),
            ("removal_confirmed_at", "removal_confirmed_at"),
        ],
    )
    panels: ClassVar[list[Any]] = [places_panel, unconfirmed_panel]

    @admin.display(description=_("condition"), ordering="blocked")
    def condition(self, device: VpnConfig) -> str:
        if device.removal_confirmed_at is not None:
            return format_html("Removed {}", ago(device.removal_confirmed_at))
        if device.revoked_at is not None:
            return gettext("Removing: not confirmed by every server")
        return why_off(device.blocked, device.suspended_by) or gettext("Admitted")

    @object_action(
        _("Suspend"),
        _(
            "The device is taken off every server and keeps its addresses. Its customer sees that support has suspended it, and"
            " cannot resume it."
        ),
        applies=lambda device: device.revoked_at is None and device.suspended_by not in STAFFS,
        danger=True,
    )
    def suspend(self, request: HttpRequest, device: VpnConfig) -> Outcome:
        suspend_device(user=device.user, device_id=device.pk, by=STAFF, staff=signed_in(request))
        return gettext("The device is suspended. Below you see which servers have yet to confirm it.")

    @object_action(
        _("Resume"),
        lambda device: str(RESUME_QUESTIONS[device.suspended_by]),
        applies=lambda device: device.revoked_at is None and bool(device.suspended_by),
    )
    def resume(self, request: HttpRequest, device: VpnConfig) -> Outcome:
        resumed = resume_device(user=device.user, device_id=device.pk, by=STAFF, staff=signed_in(request))
        is_off = bool(resumed.suspended_by)
        return gettext("It is off until its customer resumes it too.") if is_off else gettext("The device is resumed.")

    @object_action(
        _("Remove"),
        _("The device is taken off every server, and its customer has to add it anew to use it again."),
        applies=lambda device: device.revoked_at is None,
        danger=True,
    )
    def remove(self, request: HttpRequest, device: VpnConfig) -> Outcome:
        remove_device(user=device.user, device_id=device.pk, staff=signed_in(request))
        return gettext("The device is being removed. Below you see which servers have yet to confirm it.")
