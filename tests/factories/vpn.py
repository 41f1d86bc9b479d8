from __future__ import annotations

import base64
import secrets
from typing import Any
from uuid import uuid4

from django.utils import timezone

from vpn.models import Location, NodeStatus, Server


def new_key() -> str:
    """A well-formed public key; nobody has its private half."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def make_location(slug: str = "ams", **fields: Any) -> Location:
    values = {
        "name": slug.upper(),
        "city": "Amsterdam",
        "country_code": "NL",
        "latitude": 52.37,
        "longitude": 4.9,
        **fields,
    }
    return Location.objects.create(slug=slug, **values)


def make_server(location: Location, **fields: Any) -> Server:
    """An online server whose node has just reported, with a /24 unless said otherwise."""
    values = {
        "name": f"server-{uuid4().hex[:12]}",
        "state": Server.State.ONLINE,
        "public_endpoint": "203.0.113.10",
        "network_v4": "10.80.0.0/24",
        "network_v6": "fd80::/64",
        "public_key": new_key(),
        **fields,
    }
    server = Server(location=location, **values)
    server.full_clean()
    server.save()
    server.refresh_from_db()
    NodeStatus.objects.create(server=server, applied_epoch=server.epoch, last_report_at=timezone.now(), peer_count=0)
    return server
