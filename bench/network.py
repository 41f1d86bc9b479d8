"""Locations, servers and devices in bulk, as the services would have made them (the invariants hold)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.utils import timezone

from bench.people import Person
from vpn.models import IpAssignment, Location, NodeStatus, Peer, Server, VpnConfig
from vpn.services.preshared import new_preshared_key


def new_key() -> str:
    """A well-formed public key; nobody has its private half."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def make_location(slug: str) -> Location:
    return Location.objects.create(
        slug=slug, name=slug, city="Amsterdam", country_code="NL", latitude=52.37, longitude=4.9
    )


def make_servers(locations: Sequence[Location], **fields: Any) -> list[Server]:
    """An online server for each location, with room for 65,000 peers, whose node has reported just now."""
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
    now = timezone.now()
    NodeStatus.objects.bulk_create(
        [NodeStatus(server=s, applied_epoch=s.epoch, last_report_at=now, peer_count=0) for s in servers]
    )
    return list(Server.objects.filter(pk__in=[server.pk for server in servers]).order_by("name"))


def fill_server(server: Server, people: Sequence[Person], each: int) -> list[VpnConfig]:
    """`each` devices of every person on a server that has none yet; its revision counts them."""
    devices = [
        VpnConfig(user=person.user, location_id=server.location_id, name=f"Device {n}", public_key=new_key())
        for person in people
        for n in range(each)
    ]
    VpnConfig.objects.bulk_create(devices, batch_size=2000)
    assignments = [
        IpAssignment(
            device=device,
            user_id=device.user_id,
            server=server,
            location_id=server.location_id,
            host=host,
            ipv4=str(server.network_v4.network_address + host),
            ipv6=str(server.network_v6.network_address + host),
            preshared_key=new_preshared_key(device.pk, server.pk),
        )
        for host, device in enumerate(devices, start=server.next_host)
    ]
    IpAssignment.objects.bulk_create(assignments, batch_size=2000)
    wishes = zip(devices, assignments, range(server.revision + 1, server.revision + 1 + len(devices)), strict=True)
    peers = [
        Peer(server=server, device=d, assignment=a, public_key=d.public_key, revision=revision)
        for d, a, revision in wishes
    ]
    Peer.objects.bulk_create(peers, batch_size=2000)
    Server.objects.filter(pk=server.pk).update(
        revision=server.revision + len(devices), next_host=server.next_host + len(devices)
    )
    server.refresh_from_db()
    return devices
