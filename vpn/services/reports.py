"""Taking in what a node reports: what it has applied, what it counted, how it is.

Everything is one transaction that begins with the update of the node's status row; so reports of one node are taken one
after the other, however many agents send them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from vpn.deferred import settle_soon
from vpn.models import NodeNote
from vpn.services import report_sql
from vpn.services.report_peers import Connections, Standing, note_peers
from vpn.services.report_rows import Rows, sort_rows
from vpn.services.wanted_hashes import wanted_hash

LISTED = 100
# A minute of growth is always plausible: clocks of reports and registers are not the same.
SLACK_S = 60
NOTES_A_REPORT = 50


@dataclass(frozen=True, slots=True)
class Report:
    """A node's report, its envelope validated; the peer rows are still whatever the node sent."""

    report_id: int
    epoch: UUID | None
    applied_rev: int
    interface_epoch: str
    state_hash: str | None
    agent_version: str
    peers: list[Any]
    load: dict[str, Any]
    notes: list[dict[str, str]]
    totals: dict[str, int] | None = None
    ports: list[int] | None = None
    failed: list[str] = field(default_factory=list)
    # The address that the report came from.
    egress: str | None = None
    # Those that the node knows itself, one a family.
    own_addresses: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of a report's rows: how many were accepted, by how many bytes customers' usage grew, whose connection is another."""

    accepted: int = 0
    up: int = 0
    down: int = 0
    connections: Connections = field(default_factory=Connections)


def take_report(*, server_id: UUID, report: Report) -> dict[str, Any]:
    """Store a report; returns the answer of `POST node/report`. Repeating a report changes nothing."""
    rows, aside = sort_rows(report.peers)
    # Serialised per node by its first update.
    with transaction.atomic(durable=True):
        if not rows.keys:
            # A heartbeat says nothing that the next one does not say again. Counters are sent once: they wait for the disk.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = off")
        standing = _update_status(server_id, report)
        merged = _merge(server_id, rows, aside) if rows.keys else Merged()
        if report.totals is not None:
            _add_totals(server_id, report, merged)
        note_peers(standing=standing, applied=report.applied_rev, connections=merged.connections)
        in_sync = _compare(standing, report) if standing.is_current else None
        _keep_notes(server_id, report, aside)
    listed = [{"index": index, "reason": reason} for index, reason in aside[:LISTED]]
    # A peer that the interface refuses would be refused again: a snapshot every few seconds mends nothing.
    differs = in_sync is False and not report.failed
    resync = not standing.is_current or differs or report.applied_rev > standing.revision
    return {
        "accepted": merged.accepted,
        "set_aside": listed,
        "resync": resync,
        "report_interval_s": settings.NODE_REPORT_INTERVAL_S,
        "rotate_credential": standing.rotate_credential,
    }


def _update_status(server_id: UUID, report: Report) -> Standing:
    load = report.load
    with connection.cursor() as cursor:
        cursor.execute(
            report_sql.STATUS,
            {
                "server": server_id,
                "epoch": report.epoch,
                "applied": report.applied_rev,
                "interface_epoch": report.interface_epoch,
                "report_id": report.report_id,
                "agent_version": report.agent_version,
                "cpu": load.get("cpu_percent"),
                "memory": load.get("memory_percent"),
                "peers": load.get("peers"),
                "rx": load.get("rx_bytes"),
                "tx": load.get("tx_bytes"),
                "ports": report.ports,
                "failed": report.failed,
                "egress": report.egress,
                "own_addresses": report.own_addresses,
            },
        )
        epoch, revision, state, rotate, confirmed = cursor.fetchone()
        cursor.execute(report_sql.HEARD_AGAIN, [server_id])
    return Standing(
        server_id=server_id,
        is_current=epoch == report.epoch,
        revision=revision,
        confirmed=confirmed,
        state=state,
        rotate_credential=rotate,
    )


def _merge(server_id: UUID, rows: Rows, aside: list[tuple[int, str]]) -> Merged:
    """Merge the rows into the registers; adds what the database set aside to `aside`.

    Whoever reaches a share of their quota that is worth telling is settled by a job of this transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            report_sql.MERGE,
            {
                "server": server_id,
                **rows.array_texts(),
                "rows": len(rows.keys),
                "link": settings.NODE_LINK_BITS_PER_S / 8,
                "slack": SLACK_S,
                "listed": LISTED,
            },
        )
        accepted, unknown, implausible, up, down, people, peers, statuses = cursor.fetchone()
    aside.extend((rows.index[n - 1], "unknown_peer") for n in unknown)
    aside.extend((rows.index[n - 1], "implausible_growth") for n in implausible)
    for user_id in people:
        settle_soon(user_id)
    return Merged(int(accepted), int(up), int(down), Connections(peers, statuses))


def _add_totals(server_id: UUID, report: Report, merged: Merged) -> None:
    totals = report.totals or {}
    with connection.cursor() as cursor:
        cursor.execute(
            report_sql.TOTALS,
            {
                "server": server_id,
                "interface_epoch": report.interface_epoch,
                "rx": totals["rx"],
                "tx": totals["tx"],
                "customers_rx": merged.up,
                "customers_tx": merged.down,
            },
        )


def _compare(standing: Standing, report: Report) -> bool | None:
    """Whether the interface is what it should be; None when the report does not say, or is not about the present revision."""
    if report.state_hash is None or report.epoch is None or report.applied_rev != standing.revision:
        return None
    wanted = wanted_hash(standing.server_id, report.epoch, standing.revision, expected=report.state_hash)
    if wanted is None:
        return None
    same = wanted == report.state_hash
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE vpn_nodestatus SET in_sync = %s WHERE server_id = %s AND in_sync IS DISTINCT FROM %s",
            [same, standing.server_id, same],
        )
    return same


def _keep_notes(server_id: UUID, report: Report, aside: list[tuple[int, str]]) -> None:
    notes = [
        NodeNote(server_id=server_id, code=note["code"][:40], detail=note["detail"][:300])
        for note in report.notes[:NOTES_A_REPORT]
    ]
    implausible = sum(reason == "implausible_growth" for _, reason in aside)
    if implausible:
        notes.append(NodeNote(server_id=server_id, code="implausible_growth", detail=f"{implausible} peers"))
    if notes:
        NodeNote.objects.bulk_create(notes)
