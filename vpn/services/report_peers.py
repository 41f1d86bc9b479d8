"""What a report says of peers besides their bytes: who is connected, who is gone for good, whose new key is in use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from vpn.deferred import end_handovers_soon
from vpn.locks import lock_server
from vpn.models import Peer, Server
from vpn.services import report_sql
from vpn.services.removals import note_removals


@dataclass(frozen=True, slots=True)
class Standing:
    """The server that a report is about: whether it speaks of the present epoch, and the revisions wished and confirmed before."""

    server_id: UUID
    is_current: bool
    revision: int
    confirmed: int
    state: str
    rotate_credential: bool


@dataclass(frozen=True, slots=True)
class Connections:
    """Peers, by their rows' numbers, whose connection is another than the one stored."""

    peers: list[int] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)


def note_peers(*, standing: Standing, applied: int, connections: Connections) -> None:
    """Write down what a report that has applied the revision `applied` changes about its server and its peers. Inside its transaction.

    The server's lock comes last and only when there is something to write: creations on this server wait for it, and whoever changes
    several of its peers holds it.
    """
    confirms = standing.is_current and applied <= standing.revision
    awaited = standing.state in (Server.State.ENROLLING, Server.State.OFFLINE) and standing.is_current
    revisions: dict[str, Any] = {"server": standing.server_id, "former": standing.confirmed, "applied": applied}
    with connection.cursor() as cursor:
        if confirms and applied > standing.confirmed:
            cursor.execute(report_sql.CONFIRMABLE, revisions)
            confirms_removals = bool(cursor.fetchone()[0])
        else:
            confirms_removals = False
        if awaited or connections.peers or confirms_removals:
            lock_server(standing.server_id)
        if awaited:
            waiting = Server.objects.filter(pk=standing.server_id, state=standing.state, public_key__isnull=False)
            waiting.update(state=Server.State.ONLINE)
        if connections.peers:
            moved: dict[str, Any] = {
                "server": standing.server_id,
                "ids": connections.peers,
                "statuses": connections.statuses,
            }
            cursor.execute(report_sql.SEEN, moved)
        if confirms_removals:
            cursor.execute(report_sql.CONFIRMED, revisions)
            note_removals({row[0] for row in cursor.fetchall()})
    if confirms:
        _end_used_handovers(standing.server_id)


def _end_used_handovers(server_id: UUID) -> None:
    """A new key that is in use needs the former one no longer."""
    used = Peer.objects.filter(server_id=server_id, takes_over__isnull=False, connection=Peer.Connection.ONLINE)
    for device_id in set(used.values_list("device_id", flat=True)):
        end_handovers_soon(device_id)
