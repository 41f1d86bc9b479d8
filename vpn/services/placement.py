"""Which server of a location a device goes to, and its addresses there."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from billing.entitlements import Entitlement
from nexusvpn.db import columns_of, planned_once, read_models
from vpn.errors import LocationFull, LocationUnavailable, PremiumLocation, UnknownLocation
from vpn.locks import lock_server
from vpn.models import IpAssignment, Location, Server, VpnConfig
from vpn.services.addresses import assign_address
from vpn.services.heard import HEARD_SQL, fresh_since
from vpn.services.wishes import wish_peer

# Written out, since every creation of a device runs them: the ORM would write them anew each time, at several times their cost.
_LOCATION = f"SELECT {columns_of(Location)} FROM vpn_location WHERE slug = %s AND is_active"  # noqa: S608
# A server's load is the larger of peers per capacity (what the node last counted, and what it has not yet confirmed) and the node's own
# CPU share.
_HEALTHY = f"""
SELECT s.id, greatest(
    (coalesce(n.peer_count, 0) + CASE WHEN n.applied_epoch = s.epoch THEN greatest(s.revision - n.applied_revision, 0) ELSE 0 END)::float8
        / s.capacity,
    coalesce(n.cpu_percent, 0) / 100) AS load
FROM vpn_server s JOIN vpn_nodestatus n ON n.server_id = s.id
WHERE s.location_id = %(location)s AND s.state = 'online' AND s.stopped_at IS NULL AND s.capacity > 0 AND {HEARD_SQL}
ORDER BY load, s.id
"""  # noqa: S608  (a constant of our own)


class HealthyServer(NamedTuple):
    """`load` is 0 to 1, and beyond when overfull."""

    pk: UUID
    load: float


def location_for(entitlement: Entitlement, slug: str) -> Location:
    """The location with this slug, if the plan has it; raises UnknownLocation or PremiumLocation."""
    location = next(iter(read_models(Location, _LOCATION, [slug])), None)
    if location is None:
        raise UnknownLocation(fields={"location": [UnknownLocation.message]})
    if location.premium and not entitlement.premium_locations:
        raise PremiumLocation(fields={"location": [PremiumLocation.message]})
    return location


def healthy_servers(location_id: int) -> list[HealthyServer]:
    """Servers of a location that take new peers (online, not stopped, heard of just now), the least loaded first."""
    with planned_once() as cursor:
        cursor.execute(_HEALTHY, {"location": location_id, "fresh_since": fresh_since()})
        return [HealthyServer(*row) for row in cursor.fetchall()]


def place(device: VpnConfig, location: Location, *, wanted: bool = True, but_on: Collection[UUID] = ()) -> IpAssignment:
    """Give the device addresses on the least loaded healthy server that has some, and wish its key there unless not `wanted`.

    `but_on` are servers that are not to be chosen. Raises LocationUnavailable or LocationFull. Inside a transaction.
    """
    candidates = [server for server in healthy_servers(location.pk) if server.pk not in but_on]
    if not candidates:
        raise LocationUnavailable
    for server in candidates:
        assignment = assign_address(device=device, server_id=server.pk)
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
    healthy = [server.pk for server in healthy_servers(location.pk)]
    former = held.filter(server__in=healthy).select_related("server", "location").first()
    if former is None:
        return place(device, location, wanted=wanted, but_on=list(held.values_list("server_id", flat=True)))
    former.superseded_at = former.told_at = None
    former.save(update_fields=["superseded_at", "told_at"])
    return former
