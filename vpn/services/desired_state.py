"""What a server's interface should hold: wishes are written here, and nodes read them from here.

Each wish takes the server's next revision in the same statement that writes it. That locks the server's row until the
transaction ends, so the revisions of one server are gap-free and become visible in their order; it is therefore the last
thing a transaction does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from vpn.errors import ResyncRequired
from vpn.models import IpAssignment, Server
from vpn.services.wake import wake_server
from vpn.wireguard.state_hash import state_hash

OPS_PER_ANSWER = 500

_WISH = """
WITH bumped AS (
    UPDATE vpn_server SET revision = revision + 1 WHERE id = %(server)s RETURNING revision
)
INSERT INTO vpn_peer (server_id, device_id, assignment_id, public_key, wanted, revision, connection)
SELECT %(server)s, %(device)s, %(assignment)s, %(key)s, %(wanted)s, bumped.revision, 'never' FROM bumped
ON CONFLICT (server_id, public_key) DO UPDATE SET
    device_id = excluded.device_id, assignment_id = excluded.assignment_id, wanted = excluded.wanted,
    revision = excluded.revision,
    connection = CASE WHEN vpn_peer.device_id = excluded.device_id THEN vpn_peer.connection ELSE 'never' END
RETURNING revision
"""


def wish_peer(*, assignment: IpAssignment, public_key: str, wanted: bool) -> int:
    """Wish a key on (or off) the interface of the assignment's server; returns the revision. Inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            _WISH,
            {
                "server": assignment.server_id,
                "device": assignment.device_id,
                "assignment": assignment.pk,
                "key": public_key,
                "wanted": wanted,
            },
        )
        revision = int(cursor.fetchone()[0])
    server_id = assignment.server_id
    transaction.on_commit(lambda: wake_server(server_id))
    return revision


@dataclass(frozen=True, slots=True)
class Changes:
    """The ops after a revision; `to` is where the reader stands once it has applied them."""

    epoch: UUID
    start: int
    to: int
    ops: list[dict[str, Any]]
    more: bool

    def as_dict(self, *, hung: bool) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "from": self.start,
            "to": self.to,
            "ops": self.ops,
            "more": self.more,
            "hung": hung,
        }


def changes_after(*, server_id: UUID, epoch: str, after: int) -> Changes:
    """What changed on a server after a revision; raises ResyncRequired when that cannot be told.

    It cannot for another epoch, for a revision not yet reached (a restored backup), and for one below what the node has
    confirmed, since confirmed removals are forgotten.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.epoch, s.revision, CASE WHEN n.applied_epoch = s.epoch THEN n.applied_revision ELSE 0 END"
            " FROM vpn_server s JOIN vpn_nodestatus n ON n.server_id = s.id WHERE s.id = %s",
            [server_id],
        )
        row = cursor.fetchone()
        if row is None or str(row[0]) != epoch or after > row[1] or after < row[2]:
            raise ResyncRequired
        current_epoch, revision = row[0], int(row[1])
        if after == revision:
            return Changes(current_epoch, after, after, [], False)
        cursor.execute(
            "SELECT p.revision, p.wanted, p.public_key, host(a.ipv4), host(a.ipv6) FROM vpn_peer p"
            " JOIN vpn_ipassignment a ON a.id = p.assignment_id"
            " WHERE p.server_id = %s AND p.revision > %s AND p.revision <= %s ORDER BY p.revision LIMIT %s",
            [server_id, after, revision, OPS_PER_ANSWER + 1],
        )
        rows = cursor.fetchall()
    more = len(rows) > OPS_PER_ANSWER
    ops = [_op(*found) for found in rows[:OPS_PER_ANSWER]]
    return Changes(current_epoch, after, ops[-1]["rev"] if more else revision, ops, more)


def _op(revision: int, wanted: bool, public_key: str, ipv4: str, ipv6: str) -> dict[str, Any]:
    if not wanted:
        return {"rev": revision, "op": "remove", "public_key": public_key}
    return {
        "rev": revision,
        "op": "upsert",
        "public_key": public_key,
        "allowed_ips": [f"{ipv4}/32", f"{ipv6}/128"],
        "preshared_key": None,
    }


def interface_of(server: Server) -> dict[str, Any]:
    """The interface's own settings, as nodes get them."""
    return {
        "addresses": [
            f"{server.network_v4.network_address + 1}/{server.network_v4.prefixlen}",
            f"{server.network_v6.network_address + 1}/{server.network_v6.prefixlen}",
        ],
        "listen_port": server.port,
        "mtu": server.mtu,
    }


def wanted_peers(server_id: UUID) -> tuple[int, list[dict[str, Any]]]:
    """The server's revision and every wanted peer at it: one statement, so that both belong together."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.revision, p.public_key, host(a.ipv4), host(a.ipv6) FROM vpn_server s"
            " LEFT JOIN vpn_peer p ON p.server_id = s.id AND p.wanted"
            " LEFT JOIN vpn_ipassignment a ON a.id = p.assignment_id"
            " WHERE s.id = %s",
            [server_id],
        )
        rows = cursor.fetchall()
    peers = [
        {"public_key": key, "allowed_ips": [f"{ipv4}/32", f"{ipv6}/128"], "preshared_key": None}
        for _, key, ipv4, ipv6 in rows
        if key is not None
    ]
    return int(rows[0][0]), peers


def snapshot(*, server: Server, allow_mass_removal: bool) -> dict[str, Any]:
    """Everything a node needs to start from nothing, with count and hash."""
    revision, peers = wanted_peers(server.id)
    return {
        "epoch": server.epoch,
        "to": revision,
        "count": len(peers),
        "sha256": state_hash((p["public_key"], p["allowed_ips"], None) for p in peers),
        "complete": True,
        "allow_mass_removal": allow_mass_removal,
        "interface": interface_of(server),
        "peers": peers,
    }
