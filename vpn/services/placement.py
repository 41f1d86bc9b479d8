"""Which server of a location a device goes to, and its addresses there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Case, F, FloatField, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest

from billing.entitlements import Entitlement
from vpn.errors import LocationFull, LocationUnavailable, PremiumLocation, UnknownLocation
from vpn.locks import lock_server
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


def place(device: VpnConfig, location: Location, *, wanted: bool = True, but_on: Collection[UUID] = ()) -> IpAssignment:
    """Give the device addresses on the least loaded healthy server that has some, and wish its key there unless not `wanted`.

    `but_on` are servers that are not to be chosen. Raises LocationUnavailable or LocationFull. Inside a transaction.
    """
    servers = healthy_servers().filter(location=location).order_by("load", "id")
    candidates = list(servers.exclude(pk__in=but_on) if but_on else servers)
    if not candidates:
        raise LocationUnavailable
    for server in candidates:
        assignment = assign_address(device=device, server=server)
        if assignment is not None:
            # Either looks at the server again under its lock: it may have been decommissioned since it was chosen.
            if wanted:
                wish_peer(assignment=assignment, public_key=device.public_key, wanted=True)
            elif lock_server(server.pk).state == Server.State.DECOMMISSIONED:
                raise LocationUnavailable
            return assignment
    raise LocationFull


def place_again(device: VpnConfig, location: Location, *, wanted: bool = True) -> IpAssignment:
    """As `place`, for a device without a current place in a location where it may still have superseded ones.

    A superseded place whose server is healthy again becomes the current one: a device has one place on a server. It is wished already,
    as far as it is admitted.
    """
    held = IpAssignment.objects.live().filter(device=device, location=location)
    former = held.filter(server__in=healthy_servers().values("pk")).select_related("server", "location").first()
    if former is None:
        return place(device, location, wanted=wanted, but_on=list(held.values_list("server_id", flat=True)))
    former.superseded_at = former.told_at = None
    former.save(update_fields=["superseded_at", "told_at"])
    return former
