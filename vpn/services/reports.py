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

from vpn.models import NodeNote, Server
from vpn.services.desired_state import wanted_peers
from vpn.wireguard.state_hash import state_hash

# Two of them still add up within a bigint.
MAX_COUNT = 2**62 - 1
MAX_EPOCH = 2**63 - 1
STATUSES = {"online", "idle", "never"}
LISTED = 100
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


@dataclass(slots=True)
class Rows:
    """Peer rows by column, and the index that each had in the report."""

    index: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    rx: list[int] = field(default_factory=list)
    tx: list[int] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)


def _fault(row: Any) -> str | None:
    """Why a peer row cannot be taken, or None."""
    if not isinstance(row, list) or len(row) < 5:
        return "bad_row"
    key, rx, tx, epoch, status = row[:5]
    # type() and not isinstance(): True is an int for isinstance().
    if type(key) is not str or type(rx) is not int or type(tx) is not int or type(epoch) is not int:
        return "bad_row"
    if rx < 0 or tx < 0:
        return "negative"
    if rx > MAX_COUNT or tx > MAX_COUNT or not 0 < epoch <= MAX_EPOCH:
        return "too_large"
    if type(status) is not str or status not in STATUSES or len(key) != 44 or not key.isascii() or "\0" in key:
        return "bad_row"
    return None


def sort_rows(peers: list[Any]) -> tuple[Rows, list[tuple[int, str]]]:
    """The usable rows by column, and (index, reason) of those set aside. One epoch counts once a report."""
    rows, aside = Rows(), []
    seen: set[int] = set()
    for index, row in enumerate(peers):
        reason = _fault(row)
        if reason is None and row[3] in seen:
            reason = "bad_row"
        if reason is not None:
            aside.append((index, reason))
            continue
        seen.add(row[3])
        rows.index.append(index)
        rows.keys.append(row[0])
        rows.rx.append(row[1])
        rows.tx.append(row[2])
        rows.epochs.append(row[3])
        rows.statuses.append(row[4])
    return rows, aside


# Only what is said of the server's present epoch confirms anything, and nothing confirms a revision that is not there yet.
_STATUS = """
UPDATE vpn_nodestatus n SET
    applied_revision = CASE
        WHEN s.epoch IS DISTINCT FROM %(epoch)s::uuid THEN n.applied_revision
        WHEN %(applied)s > s.revision THEN n.applied_revision
        WHEN n.applied_epoch = s.epoch THEN greatest(n.applied_revision, %(applied)s)
        ELSE %(applied)s END,
    applied_epoch = CASE WHEN s.epoch = %(epoch)s::uuid AND %(applied)s <= s.revision THEN s.epoch ELSE n.applied_epoch END,
    interface_epoch = %(interface_epoch)s,
    last_report_id = %(report_id)s,
    last_report_at = now(),
    agent_version = %(agent_version)s,
    cpu_percent = %(cpu)s::float8, memory_percent = %(memory)s::float8, peer_count = coalesce(%(peers)s::int, n.peer_count),
    rx_bytes = %(rx)s::bigint, tx_bytes = %(tx)s::bigint
FROM vpn_server s, vpn_nodestatus old
WHERE n.server_id = %(server)s AND s.id = n.server_id AND old.server_id = s.id
RETURNING s.epoch, s.revision, s.state, extract(epoch FROM now() - old.last_report_at)::float8
"""

# The growth of a register is what its row holds now less what it held before this statement: exact under any repetition.
_MERGE = """
WITH incoming AS (
    SELECT * FROM unnest(%(keys)s::text[], %(rx)s::bigint[], %(tx)s::bigint[], %(epochs)s::bigint[], %(statuses)s::text[])
        WITH ORDINALITY AS t(public_key, rx, tx, epoch, status, n)
), mapped AS (
    SELECT i.n, p.id AS peer_id, p.device_id, i.epoch, i.rx, i.tx, i.status,
           i.rx - coalesce(c.rx, 0) + i.tx - coalesce(c.tx, 0) > %(plausible)s AS implausible,
           p.connection <> i.status AS changed
    FROM incoming i
    JOIN vpn_peer p ON p.server_id = %(server)s AND p.public_key = i.public_key
    LEFT JOIN vpn_usagecounter c ON c.server_id = %(server)s AND c.epoch = i.epoch
), merged AS (
    INSERT INTO vpn_usagecounter AS c (server_id, device_id, epoch, rx, tx, counted_rx, counted_tx)
    SELECT %(server)s, device_id, epoch, rx, tx, 0, 0 FROM mapped WHERE NOT implausible ORDER BY epoch
    ON CONFLICT (server_id, epoch) DO UPDATE SET
        counted_rx = c.rx, counted_tx = c.tx, rx = greatest(c.rx, excluded.rx), tx = greatest(c.tx, excluded.tx)
    WHERE excluded.rx > c.rx OR excluded.tx > c.tx
    RETURNING device_id, rx - counted_rx AS up, tx - counted_tx AS down
), grown AS (
    SELECT device_id, sum(up) AS up, sum(down) AS down FROM merged GROUP BY device_id HAVING sum(up) + sum(down) > 0
), recorded AS (
    INSERT INTO vpn_usagerecord AS u (user_id, device_id, record_date, bytes_up, bytes_down)
    SELECT d.user_id, g.device_id, (now() AT TIME ZONE 'UTC')::date, g.up, g.down
    FROM grown g JOIN vpn_vpnconfig d ON d.id = g.device_id ORDER BY g.device_id
    ON CONFLICT (device_id, record_date) DO UPDATE SET
        bytes_up = u.bytes_up + excluded.bytes_up, bytes_down = u.bytes_down + excluded.bytes_down
), seen AS (
    UPDATE vpn_peer p SET connection = m.status FROM mapped m WHERE p.id = m.peer_id AND m.changed
)
SELECT (SELECT count(*) FROM mapped WHERE NOT implausible),
       ARRAY(SELECT i.n FROM incoming i WHERE NOT EXISTS (SELECT 1 FROM mapped m WHERE m.n = i.n) ORDER BY i.n LIMIT %(listed)s),
       ARRAY(SELECT m.n FROM mapped m WHERE m.implausible ORDER BY m.n LIMIT %(listed)s)
"""


def take_report(*, server_id: UUID, report: Report) -> dict[str, Any]:
    """Store a report; returns the answer of `POST node/report`. Repeating a report changes nothing."""
    rows, aside = sort_rows(report.peers)
    # Serialised per node by its first update.
    with transaction.atomic(durable=True):
        if not rows.keys:
            # A heartbeat says nothing that the next one does not say again. Counters are sent once: they wait for the disk.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = off")
        epoch, revision, state, silent_s = _update_status(server_id, report)
        current = epoch == report.epoch
        if state in (Server.State.ENROLLING, Server.State.OFFLINE) and current:
            # Before any peer is touched: whoever changes peers locks the server first.
            waiting = Server.objects.filter(pk=server_id, state=state, public_key__isnull=False)
            waiting.update(state=Server.State.ONLINE)
        accepted = _merge(server_id, rows, aside, silent_s) if rows.keys else 0
        if current and report.applied_rev <= revision:
            _forget_confirmed_removals(server_id, report.applied_rev)
        in_sync = _compare(server_id, report, revision) if current else None
        _keep_notes(server_id, report, aside)
    listed = [{"index": index, "reason": reason} for index, reason in aside[:LISTED]]
    resync = not current or in_sync is False or report.applied_rev > revision
    return {
        "accepted": accepted,
        "set_aside": listed,
        "resync": resync,
        "report_interval_s": settings.NODE_REPORT_INTERVAL_S,
    }


def _update_status(server_id: UUID, report: Report) -> tuple[UUID, int, str, float | None]:
    load = report.load
    with connection.cursor() as cursor:
        cursor.execute(
            _STATUS,
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
            },
        )
        epoch, revision, state, silent_s = cursor.fetchone()
    return epoch, revision, state, silent_s


def _merge(server_id: UUID, rows: Rows, aside: list[tuple[int, str]], silent_s: float | None) -> int:
    """Merge the rows into the registers; adds what the database set aside to `aside`. Returns how many were accepted."""
    # What the link could have carried since the last report (the first one: in a day), with a minute of slack.
    bound = int(((86_400 if silent_s is None else silent_s) + 60) * settings.NODE_LINK_BITS_PER_S / 8)
    with connection.cursor() as cursor:
        cursor.execute(
            _MERGE,
            {
                "server": server_id,
                "keys": rows.keys,
                "rx": rows.rx,
                "tx": rows.tx,
                "epochs": rows.epochs,
                "statuses": rows.statuses,
                "plausible": min(bound, MAX_COUNT),
                "listed": LISTED,
            },
        )
        accepted, unknown, implausible = cursor.fetchone()
    aside.extend((rows.index[n - 1], "unknown_peer") for n in unknown)
    aside.extend((rows.index[n - 1], "implausible_growth") for n in implausible)
    return int(accepted)


def _forget_confirmed_removals(server_id: UUID, applied: int) -> None:
    """Delete the tombstones that the node has confirmed. Their final counters came in this report or an earlier one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM vpn_peer WHERE server_id = %s AND NOT wanted AND revision <= %s", [server_id, applied]
        )


def _compare(server_id: UUID, report: Report, revision: int) -> bool | None:
    """Whether the interface is what it should be; None when the report does not say, or is not about the present revision."""
    if report.state_hash is None or report.applied_rev != revision:
        return None
    at, peers = wanted_peers(server_id)
    if at != revision:
        return None
    same = state_hash((p["public_key"], p["allowed_ips"], None) for p in peers) == report.state_hash
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE vpn_nodestatus SET in_sync = %s WHERE server_id = %s AND in_sync IS DISTINCT FROM %s",
            [same, server_id, same],
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
