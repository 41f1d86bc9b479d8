"""What a server's interface should hold, as its node reads it. It is written by `wishes`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from vpn.errors import ResyncRequired
from vpn.models import Server
from vpn.services.preshared import preshared_opener
from vpn.services.speed_test import SPEED_TEST_PORT
from vpn.wireguard.state_hash import state_hash

OPS_PER_ANSWER = 500
# What `_peer` makes a peer of. As text an address has its /32 or /128; of an id a UUID would be made first, and a text again to open
# the preshared key.
_PEER_COLUMNS = "p.public_key, a.ipv4::text, a.ipv6::text, a.preshared_key, a.device_id::text"


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
            f"SELECT p.revision, p.wanted, p.takes_over, {_PEER_COLUMNS} FROM vpn_peer p"  # noqa: S608  (a constant of our own)
            " JOIN vpn_ipassignment a ON a.id = p.assignment_id"
            " WHERE p.server_id = %s AND p.revision > %s AND p.revision <= %s ORDER BY p.revision LIMIT %s",
            [server_id, after, revision, OPS_PER_ANSWER + 1],
        )
        rows = cursor.fetchall()
    more = len(rows) > OPS_PER_ANSWER
    open_key = preshared_opener(server_id)
    ops = [_op(open_key, *found) for found in rows[:OPS_PER_ANSWER]]
    return Changes(current_epoch, after, ops[-1]["rev"] if more else revision, ops, more)


# Opens a stored preshared key of a device.
OpenKey = Callable[[bytes | None, str], str | None]


def _op(open_key: OpenKey, revision: int, wanted: bool, takes_over: str | None, key: str, *row: Any) -> dict[str, Any]:
    if not wanted:
        return {"rev": revision, "op": "remove", "public_key": key}
    return {"rev": revision, "op": "upsert", **_peer(open_key, takes_over, key, *row)}


def _peer(
    open_key: OpenKey, takes_over: str | None, key: str, ipv4: str, ipv6: str, preshared: bytes | None, device_id: str
) -> dict[str, Any]:
    peer = {"public_key": key, "allowed_ips": [ipv4, ipv6], "preshared_key": open_key(preshared, device_id)}
    if takes_over is not None:
        peer["takes_over"] = takes_over
    return peer


def interface_of(server: Server) -> dict[str, Any]:
    """The interface's own settings, as nodes get them."""
    return {
        "addresses": [
            f"{server.network_v4.network_address + 1}/{server.network_v4.prefixlen}",
            f"{server.network_v6.network_address + 1}/{server.network_v6.prefixlen}",
        ],
        "listen_port": server.port,
        "mtu": server.mtu,
        "extra_ports": server.extra_ports,
        "speed_test_port": SPEED_TEST_PORT,
    }


# One statement, so that revision, peers and removals belong together. During a key rotation the former key is not listed: its
# addresses are the new one's, whose `takes_over` names it.
_WANTED = f"""
SELECT s.epoch::text, s.revision, p.wanted, p.takes_over, {_PEER_COLUMNS}
FROM vpn_server s
LEFT JOIN vpn_peer p ON p.server_id = s.id AND p.public_key <> ALL (ARRAY(
    SELECT t.takes_over FROM vpn_peer t WHERE t.server_id = %(server)s AND t.takes_over IS NOT NULL))
LEFT JOIN vpn_ipassignment a ON a.id = p.assignment_id
WHERE s.id = %(server)s
"""  # noqa: S608  (a constant of our own)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an interface should hold at a revision: the peers, and the keys whose removal is not confirmed yet."""

    epoch: UUID
    revision: int
    peers: list[dict[str, Any]]
    removed: list[str]

    @property
    def state_hash(self) -> str:
        return state_hash((p["public_key"], p["allowed_ips"], p["preshared_key"]) for p in self.peers)

    @property
    def hands_over(self) -> bool:
        """Whether a key rotation is under way: the interface may then hold the former or the new key."""
        return any("takes_over" in peer for peer in self.peers)


def wanted_peers(server_id: UUID) -> Wanted:
    with connection.cursor() as cursor:
        cursor.execute(_WANTED, {"server": server_id})
        rows = cursor.fetchall()
    open_key = preshared_opener(server_id)
    peers = [_peer(open_key, *row) for _, _, wanted, *row in rows if wanted]
    # A server without peers has one row, of nothing.
    removed = [key for _, _, wanted, _, key, *_ in rows if wanted is False]
    return Wanted(UUID(rows[0][0]), int(rows[0][1]), peers, removed)


def snapshot(*, server: Server, allow_mass_removal: bool) -> dict[str, Any]:
    """Everything a node needs to start from nothing, with count and hash."""
    wanted = wanted_peers(server.id)
    return {
        "epoch": server.epoch,
        "to": wanted.revision,
        "count": len(wanted.peers),
        "sha256": wanted.state_hash,
        "complete": True,
        # A stopped server is meant to be empty.
        "allow_mass_removal": allow_mass_removal or server.stopped_at is not None,
        "interface": interface_of(server),
        "peers": wanted.peers,
        "removed": wanted.removed,
    }
