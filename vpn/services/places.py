"""Where a device works: its addresses on one server of each location that it was asked for in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from accounts.models import User
from billing.entitlements import entitlement_for
from vpn.errors import DeviceSuspended
from vpn.locks import lock_customer, lock_device
from vpn.models import IpAssignment, Location, Server, VpnConfig
from vpn.services.admission import admit_customer
from vpn.services.placement import location_for, place_again
from vpn.services.preshared import open_preshared_key


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """A device on one server: what its configuration is made of. `preshared_key` is in base64, or None."""

    assignment_id: int
    server: Server
    location: Location
    ipv4: str
    ipv6: str
    preshared_key: str | None


def place_for(*, user: User, device_id: UUID, location_slug: str | None = None) -> Place:
    """The device's place in a location (None: its home), made when there is none yet. One device is one slot wherever it is placed.

    Raises NotFound, UnknownLocation, PremiumLocation, DeviceSuspended, LocationUnavailable or LocationFull.
    """
    found = _current(user, device_id, location_slug)
    if found is None:
        found = _make(user, device_id, location_slug)
    return _place_of(found)


def _current(user: User, device_id: UUID, slug: str | None) -> IpAssignment | None:
    """The device's present assignment there, unless the plan has lost the location."""
    rows = IpAssignment.objects.live().filter(device_id=device_id, user=user, superseded_at=None, blocked="")
    rows = rows.filter(location__devices=device_id) if slug is None else rows.filter(location__slug=slug)
    return rows.select_related("server", "location").first()


def _make(user: User, device_id: UUID, slug: str | None) -> IpAssignment:
    # The customer's lock closes the race of two requests for one place, and that with an admission.
    with transaction.atomic(durable=True):
        lock_customer(user.pk, active=True)
        device = lock_device(user.pk, device_id)
        location = location_for(entitlement_for(user), device.location.slug if slug is None else slug)
        if _has_stale_block(device, location):
            admit_customer(user.pk)
        found = _current(user, device_id, location.slug)
        if found is None and device.blocked:
            raise DeviceSuspended
        return found or place_again(device, location)


def _has_stale_block(device: VpnConfig, location: Location) -> bool:
    """Whether the device's place there is blocked although the plan has the location: the job that admits it has yet to come."""
    current = IpAssignment.objects.live().filter(device=device, location=location, superseded_at=None)
    return current.exclude(blocked=IpAssignment.Blocked.NOT).exists()


def _place_of(assignment: IpAssignment) -> Place:
    return Place(
        assignment_id=assignment.pk,
        server=assignment.server,
        location=assignment.location,
        ipv4=assignment.ipv4,
        ipv6=assignment.ipv6,
        preshared_key=open_preshared_key(assignment.preshared_key, assignment.device_id, assignment.server_id),
    )
