"""What tests of the fleet do again and again."""

from __future__ import annotations

import secrets

from django.db import connection

from accounts.models import User
from tests.factories.vpn import new_key
from vpn.models import Peer, Server, VpnConfig
from vpn.services.devices import add_device
from vpn.services.reports import Report, take_report


def add(user: User, name: str = "Phone", location: str = "ams") -> VpnConfig:
    return add_device(user=user, name=name, location_slug=location, public_key=new_key())


def confirm(server: Server) -> None:
    """The server's node reports that it has applied everything."""
    report(server)


def report(server: Server, peers: list[list[object]] | None = None, **changes: object) -> dict[str, object]:
    """What the node of `server` would send now; it has applied the present revision unless told otherwise."""
    server.refresh_from_db()
    values: dict[str, object] = {
        "report_id": 1,
        "epoch": server.epoch,
        "applied_rev": server.revision,
        "interface_epoch": "boot:1",
        "state_hash": None,
        "agent_version": "0.1.0",
        "peers": peers or [],
        "load": {},
        "notes": [],
        **changes,
    }
    return take_report(server_id=server.pk, report=Report(**values))  # type: ignore[arg-type]


def row(device: VpnConfig, rx: int, tx: int, epoch: int | None = None, status: str = "online") -> list[object]:
    """A peer row of a report."""
    return [device.public_key, rx, tx, epoch or secrets.randbelow(2**62) + 1, status]


def wanted(server: Server) -> set[str]:
    return set(Peer.objects.filter(server=server, wanted=True).values_list("public_key", flat=True))


def silence(server: Server) -> None:
    """The node is not heard any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE vpn_nodestatus SET last_report_at = now() - interval '5 minutes' WHERE server_id = %s", [server.pk]
        )
