"""Devices as people see them: name, addresses, and a state that is only what the node has said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import FilteredRelation, Q, QuerySet
from django.utils import timezone

from nexusvpn.errors import NotFound
from vpn.models import Peer, Server, VpnConfig

# A node that has been silent for longer than this says nothing about now.
FRESH = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One row of any list of devices. `state_at` is when the node last said so; None: never, or not for a minute."""

    id: UUID
    name: str
    public_key: str
    created_at: datetime
    location_slug: str
    location_name: str
    ipv4: str
    ipv6: str
    is_active: bool
    connection: str
    state_at: datetime | None

    @property
    def state(self) -> str:
        """The word for the badge: activating, connected, idle, never_used or unknown."""
        if not self.is_active:
            return "activating"
        return {"online": "connected", "idle": "idle", "never": "never_used"}.get(self.connection, "unknown")

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "public_key": self.public_key,
            "location": self.location_slug,
            "ipv4": self.ipv4,
            "ipv6": self.ipv6,
            "state": "active" if self.is_active else "activating",
            "connection": self.connection,
            "connection_at": self.state_at,
            "created_at": self.created_at,
        }


COLUMNS = (
    "id",
    "name",
    "public_key",
    "created_at",
    "location__slug",
    "location__name",
    "live__ipv4",
    "live__ipv6",
    "live__server__epoch",
    "live__server__status__applied_epoch",
    "live__server__status__applied_revision",
    "live__server__status__last_report_at",
    "wish__revision",
    "wish__connection",
)


def devices_of(user_id: UUID) -> QuerySet[VpnConfig]:
    """The person's live devices with their addresses and wishes, newest first."""
    devices: QuerySet[VpnConfig] = (
        VpnConfig.objects.live()
        .filter(user_id=user_id)
        .annotate(
            live=FilteredRelation("assignments", condition=Q(assignments__released_at=None)),
            wish=FilteredRelation("peers", condition=Q(peers__wanted=True)),
        )
        .order_by("-created_at", "id")
    )
    return devices


def device_view(*values: Any) -> DeviceView:
    """A DeviceView from one row of COLUMNS."""
    (pk, name, key, created, slug, place, ipv4, ipv6, epoch, applied_epoch, applied, reported, revision, connection) = (
        values
    )
    fresh = reported is not None and timezone.now() - reported < FRESH
    return DeviceView(
        id=pk,
        name=name,
        public_key=key,
        created_at=created,
        location_slug=slug,
        location_name=place,
        ipv4=ipv4,
        ipv6=ipv6,
        is_active=revision is not None and applied_epoch == epoch and applied >= revision,
        connection=connection if fresh or connection == Peer.Connection.NEVER else "unknown",
        state_at=reported if fresh else None,
    )


def find_device(user_id: UUID, device_id: UUID) -> DeviceView:
    """Raises NotFound, also for another person's device."""
    row = devices_of(user_id).filter(pk=device_id).values_list(*COLUMNS).first()
    if row is None:
        raise NotFound
    return device_view(*row)


def server_of(device_id: UUID) -> Server:
    """The server that the device is placed on; raises NotFound when it was removed meanwhile."""
    server = Server.objects.filter(assignments__device_id=device_id, assignments__released_at=None).first()
    if server is None:
        raise NotFound
    return server
