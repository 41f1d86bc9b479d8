"""Locations and servers in bulk, as the services would have made them (the invariants hold)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from bench.people import Person
from vpn.models import Location, NodeStatus, Server, VpnConfig
from vpn.services import simulation
from vpn.services.simulation import new_key


def make_location(slug: str) -> Location:
    return Location.objects.create(
        slug=slug, name=slug, city="Amsterdam", country_code="NL", latitude=52.37, longitude=4.9
    )


def make_servers(locations: Sequence[Location], **fields: Any) -> list[Server]:
    """An online server for each location, with room for 65,000 peers, whose node is heard for an hour though it says no more."""
    servers = [
        Server(
            **{
                "location": location,
                "name": f"s-{uuid4().hex[:12]}",
                "state": Server.State.ONLINE,
                "public_endpoint": "198.51.100.1",
                "network_v4": "10.128.0.0/16",
                "network_v6": "fd80::/64",
                "public_key": new_key(),
                "capacity": 60_000,
                **fields,
            }
        )
        for location in locations
    ]
    Server.objects.bulk_create(servers)
    heard_at = timezone.now() + timedelta(hours=1)
    NodeStatus.objects.bulk_create(
        [NodeStatus(server=s, applied_epoch=s.epoch, last_report_at=heard_at, peer_count=0) for s in servers]
    )
    return list(Server.objects.filter(pk__in=[server.pk for server in servers]).order_by("name"))


def fill_server(server: Server, people: Sequence[Person], each: int) -> list[VpnConfig]:
    """`each` devices of every person on a server that has none yet; its revision counts them."""
    return simulation.fill_server(server, [person.user for person in people], each)
