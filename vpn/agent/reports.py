"""The body of a report, and what to forget once it has been accepted."""

from typing import Any, Final, NamedTuple

from vpn.agent.counters import Row
from vpn.agent.egress import own_addresses
from vpn.agent.load import LoadMeter
from vpn.agent.node import Look, Node
from vpn.agent.version import AGENT_VERSION, PROTOCOL_VERSION
from vpn.wireguard.state_hash import state_hash

MAX_ROWS: Final = 5000
MAX_NOTES: Final = 50
MAX_FAILED: Final = 100


class Report(NamedTuple):
    """One report: sent as it is until it is accepted.

    `full` tells that there may be more rows than it could hold.
    """

    body: dict[str, Any]
    rows: list[Row]
    notes: list[tuple[str, str]]
    full: bool


class ReportWriter:
    """Writes reports about one node; used by the reporter's thread alone."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._meter = LoadMeter()
        self._load: dict[str, Any] = dict.fromkeys(("cpu_percent", "memory_percent", "peers", "rx_bytes", "tx_bytes"))

    def write(self, look: Look | None, finals_only: bool) -> Report:
        """Return the next report: a periodic one about a tick, or with None a quick one without a state hash.

        After a change it is `finals_only`, which carries the new revision, final counters and notes. Measured figures
        are those of the last tick. The control plane forgets a removed peer when its removal is acknowledged;
        while more final rows are due than a report holds, it therefore acknowledges no more than the one before.
        """
        with self._node.lock:
            peers = self._node.peers
            if look is not None:
                self._load = self._meter.measure(self._node.identity.interface, len(look.device.peers))
            finals_fit = peers.book.finals_due <= MAX_ROWS
            rows = peers.book.due_rows(MAX_ROWS, finals_only)
            notes = peers.notes[:MAX_NOTES]
            body = self._standing_facts()
            body["applied_rev"] = peers.acknowledged if finals_fit else peers.intention.reported
            body["peers"] = rows
            body["notes"] = [{"code": code, "detail": detail} for code, detail in notes]
            # A change since the tick would give the hash of one revision with the number of another, and during a
            # handover the interface shows none of them.
            shows_it = look is not None and look[1:] == (body["epoch"], body["applied_rev"], peers.is_handing_over)
        if look is not None and shows_it and not look.is_handing_over:
            body["state_hash"] = state_hash(peer[:3] for peer in look.device.peers.values())
        return Report(body, rows, notes, full=len(rows) == MAX_ROWS or len(notes) == MAX_NOTES)

    def _standing_facts(self) -> dict[str, Any]:
        """Return the part of a report that every report has, under a new number."""
        node = self._node
        report_id = node.store.get_int("report_id") + 1
        with node.store.transaction():
            node.store.put(report_id=report_id)
        return {
            "report_id": report_id,
            "epoch": node.peers.epoch or None,
            "interface_epoch": node.interface_epoch,
            "totals": node.peers.book.totals.total._asdict(),
            "state_hash": None,
            "agent_version": AGENT_VERSION,
            "protocol_version": PROTOCOL_VERSION,
            "ports": node.offered_ports,
            "failed": list(node.peers.intention.failures)[:MAX_FAILED],
            "load": self._load,
            "egress": own_addresses(),
        }

    def drop_notes(self, report: Report) -> None:
        """Forget the notes of a report that the control plane will never take: they must not spoil the next one."""
        with self._node.lock:
            del self._node.peers.notes[: len(report.notes)]

    def accepted(self, report: Report) -> None:
        """Forget what the control plane now knows."""
        node = self._node
        with node.lock:
            finals = node.peers.book.accepted(report.rows)
            if finals:
                with node.store.transaction():
                    node.store.drop_finals(finals)
            node.peers.mark_reported(report.body["epoch"], report.body["applied_rev"])
            del node.peers.notes[: len(report.notes)]
