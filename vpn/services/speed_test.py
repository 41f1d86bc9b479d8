"""Whether a request came out of one of our tunnels, and where that tunnel's speed is tested.

The test is served by the node itself, on its address inside the tunnel: a page that came over TLS may not fetch from there.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from vpn.models import NodeStatus
from vpn.services.heard import heard

# TCP, on the server's own address inside the tunnel and nowhere else.
SPEED_TEST_PORT = 8377


@dataclass(frozen=True, slots=True)
class TunnelExit:
    """A server through which a request may have come."""

    location_slug: str
    location_name: str
    test_url: str


def exits_at(address: str) -> list[TunnelExit]:
    """The servers that are heard and whose customers the world sees at this address: several behind one gateway, or none. One query."""
    seen = Q(egress_address=address) | Q(own_addresses__contains=[address])
    statuses = NodeStatus.objects.filter(seen, heard()).select_related("server__location")
    return [
        TunnelExit(
            status.server.location.slug,
            status.server.location.name,
            f"http://{status.server.network_v4.network_address + 1}:{SPEED_TEST_PORT}/",
        )
        for status in statuses.order_by("server__location__name", "server__name")
    ]
