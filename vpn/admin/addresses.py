"""Who has had which address, what interfaces should hold, and what was counted: written by services and nodes, looked at here."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import moment
from vpn.models import FreeAddress, IpAssignment, Peer, Server, UsageCounter, UsageRecord
from vpn.services.addresses import NEVER_USED


def _servers_with(address: IPv4Address | IPv6Address) -> Iterator[tuple[Server, IPv4Network | IPv6Network]]:
    """The servers in whose network an address lies, with that network."""
    column = "network_v4" if address.version == 4 else "network_v6"
    for server in Server.objects.only(column).order_by():
        network = ip_network(str(getattr(server, column)))
        if address in network:
            yield server, network


@admin.register(IpAssignment)
class IpAssignmentAdmin(ReadOnlyAdmin):
    """Who had an address, and when."""

    list_display = ("ipv4", "ipv6", "server", "device", "user", "created_at", "released_at")
    list_select_related = ("server", "device", "user")
    list_filter = (("released_at", admin.EmptyFieldListFilter), "server")
    search_fields = ("ipv4", "ipv6", "user__email", "device__name")
    # Numbered as they are given out.
    ordering = ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[IpAssignment], search_term: str
    ) -> tuple[QuerySet[IpAssignment], bool]:
        """A whole address is found however long ago somebody had it: among the places of the servers whose network it is of."""
        try:
            address = ip_address(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        field = "ipv4" if address.version == 4 else "ipv6"
        of_these = [server.pk for server, _network in _servers_with(address)]
        return queryset.filter(server__in=of_these, **{field: str(address)}), False


@admin.register(FreeAddress)
class FreeAddressAdmin(ReadOnlyAdmin):
    list_display = ("ipv4", "ipv6", "server", "available")
    list_select_related = ("server",)
    list_filter = ("server",)
    fields = ("id", "ipv4", "ipv6", "server", "host", "available")
    search_fields = ("server__name", "=host")
    ordering = ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[FreeAddress], search_term: str
    ) -> tuple[QuerySet[FreeAddress], bool]:
        """Also by an address, which is the server's network and the number in it."""
        try:
            address = ip_address(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        these = Q(pk=None)
        for server, network in _servers_with(address):
            these |= Q(server=server, host=int(address) - int(network.network_address))
        return queryset.filter(these), False

    @admin.display(description=_("IPv4"), ordering="host")
    def ipv4(self, free: FreeAddress) -> str:
        return free.ipv4

    @admin.display(description=_("IPv6"), ordering="host")
    def ipv6(self, free: FreeAddress) -> str:
        return free.ipv6

    @admin.display(description=_("available from"), ordering="available_at")
    def available(self, address: FreeAddress) -> str:
        """Nobody has had it, or it rests for a while after whoever had it last."""
        return gettext("Now: nobody has had it") if address.available_at == NEVER_USED else moment(address.available_at)


@admin.register(Peer)
class PeerAdmin(ReadOnlyAdmin):
    """What the servers' interfaces should hold, key by key."""

    list_display = ("public_key", "server", "device", "wanted", "revision", "connection")
    list_select_related = ("server", "device")
    list_filter = ("wanted", "connection", "server")
    search_fields = ("=public_key", "device__name", "device__user__email")


@admin.register(UsageCounter)
class UsageCounterAdmin(ReadOnlyAdmin):
    list_display = ("server", "device", "epoch", "rx", "tx")
    list_select_related = ("server", "device")
    list_filter = ("server",)
    search_fields = ("=epoch", "device__name", "device__user__email")
    ordering = ("-id",)


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnlyAdmin):
    list_display = ("record_date", "user", "device", "bytes_up", "bytes_down")
    list_select_related = ("user", "device")
    search_fields = ("user__email", "device__name")
    ordering = ("-id",)
