"""Which server of a location a device goes to."""

from __future__ import annotations

from django.db.models import F, FloatField, Value
from django.db.models.functions import Cast, Coalesce

from billing.entitlements import Entitlement
from vpn.errors import LocationUnavailable, PremiumLocation, UnknownLocation
from vpn.models import Location, Server


def location_for(entitlement: Entitlement, slug: str) -> Location:
    """The location with this slug, if the plan has it; raises UnknownLocation or PremiumLocation."""
    location = Location.objects.filter(slug=slug, is_active=True).first()
    if location is None:
        raise UnknownLocation(fields={"location": [UnknownLocation.message]})
    if location.premium and not entitlement.premium_locations:
        raise PremiumLocation(fields={"location": [PremiumLocation.message]})
    return location


def servers_by_load(location: Location) -> list[Server]:
    """The online servers of a location, the least loaded (peers it last reported, per capacity) first.

    Raises LocationUnavailable when there is none.
    """
    load = Cast(Coalesce("status__peer_count", Value(0)), FloatField()) / F("capacity")
    servers: list[Server] = list(
        Server.objects.filter(location=location, state=Server.State.ONLINE, capacity__gt=0)
        .alias(_load=load)
        .order_by("_load", "id")
    )
    if not servers:
        raise LocationUnavailable
    return servers
