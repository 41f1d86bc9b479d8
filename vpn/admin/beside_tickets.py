"""What staff who answer a customer's question see of their devices: what nodes last said of them, and how those nodes are."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from accounts.admin import LATEST
from accounts.belongings import register_panel
from accounts.models import User
from nexusvpn.admin_base import Panel
from nexusvpn.templatetags.nexusvpn_ui import ago
from vpn.admin.conditions import condition_in_words, status_of, with_condition
from vpn.admin.devices import state_in_words, why_off
from vpn.models import IpAssignment, Server
from vpn.services.device_views import live_devices


def device_states_panel(user: User) -> Panel:
    """The state is the last handshakes' in words; when they were is not kept."""
    rows = []
    for view in live_devices(user.pk, LATEST):
        link = format_html('<a href="{}">{}</a>', reverse("admin:vpn_vpnconfig_change", args=[view.id]), view.name)
        state = why_off(view.blocked, view.suspended_by) or state_in_words(view)
        rows.append((link, view.location_name, state, ago(view.state_at)))
    url = f"{reverse('admin:vpn_vpnconfig_changelist')}?user__id__exact={user.pk}"
    return Panel(
        gettext("Devices"), (gettext("Name"), gettext("Location"), gettext("State"), gettext("Said")), rows, url
    )


def nodes_panel(user: User) -> Panel:
    """The servers that the customer's devices are on now."""
    places = IpAssignment.objects.live().filter(user=user).values("server")
    found = Server.objects.filter(pk__in=places).select_related("status", "location").order_by("name")
    rows = []
    for server in with_condition(found)[:LATEST]:
        status = status_of(server)
        in_sync = {True: gettext("In sync"), False: gettext("Not in sync"), None: gettext("Not compared")}[
            getattr(status, "in_sync", None)
        ]
        link = format_html('<a href="{}">{}</a>', reverse("admin:vpn_server_change", args=[server.pk]), server.name)
        rows.append((link, condition_in_words(server), in_sync, ago(status.last_report_at) if status else None))
    return Panel(
        gettext("Their servers"),
        (gettext("Server"), gettext("State"), gettext("Interface"), gettext("Last report")),
        rows,
    )


register_panel(device_states_panel, permission="vpn.view_vpnconfig")
register_panel(nodes_panel, permission="vpn.view_server")
