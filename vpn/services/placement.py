"""Which server of a location a device goes to, and its addresses there."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, FloatField, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest

from billing.entitlements import Entitlement
from vpn.errors import LocationFull, LocationUnavailable, PremiumLocation, UnknownLocation
from vpn.models import IpAssignment, Location, Server, VpnConfig
from vpn.services.addresses import assign_address
from vpn.services.heard import heard
from vpn.services.wishes import wish_peer


def location_for(entitlement: Entitlement, slug: str) -> Location:
    """The location with this slug, if the plan has it; raises UnknownLocation or PremiumLocation."""
    location = Location.objects.filter(slug=slug, is_active=True).first()
    if location is None:
        raise UnknownLocation(fields={"location": [UnknownLocation.message]})
    if location.premium and not entitlement.premium_locations:
        raise PremiumLocation(fields={"location": [PremiumLocation.message]})
    return location


def healthy_servers() -> QuerySet[Any]:
    """Servers that take new peers: online, not stopped, heard of just now. `load` is 0 to 1, and beyond when overfull.

    It is the larger of peers per capacity (what the node last counted, and what it has not yet confirmed) and the node's own CPU share.
    """
    unconfirmed = Case(
        When(status__applied_epoch=F("epoch"), then=F("revision") - F("status__applied_revision")), default=Value(0)
    )
    peers = Coalesce("status__peer_count", Value(0)) + Greatest(unconfirmed, Value(0))
    cpu = Coalesce("status__cpu_percent", Value(0.0)) / 100.0
    return Server.objects.filter(
        heard("status__"), state=Server.State.ONLINE, stopped_at=None, capacity__gt=0
    ).annotate(load=Greatest(Cast(peers, FloatField()) / F("capacity"), cpu))


def place(device: VpnConfig, location: Location, *, wanted: bool = True, leaving: Server | None = None) -> IpAssignment:
    """Give the device addresses on the least loaded healthy server that has some, and wish its key there unless not `wanted`.

    `leaving` is a server of the location that is not to be chosen. Raises LocationUnavailable or LocationFull. Inside a transaction.
    """
    servers = healthy_servers().filter(location=location).order_by("load", "id")
    if leaving is not None:
        servers = servers.exclude(pk=leaving.pk)
    candidates = list(servers)
    if not candidates:
        raise LocationUnavailable
    for server in candidates:
        assignment = assign_address(device=device, server=server)
        if assignment is not None:
            if wanted:
                wish_peer(assignment=assignment, public_key=device.public_key, wanted=True)
            return assignment
    raise LocationFull
