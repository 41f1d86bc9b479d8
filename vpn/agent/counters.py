"""Traffic of each peer as counters that can be reported twice, late or out of order without being counted twice.

WireGuard counts per peer from the moment the peer is added and forgets everything when it is removed. A
counter is therefore named by a *counter epoch*, a random number drawn whenever the count starts anew;
within an epoch it only grows. Wherever it is not certain that a count started at zero, the epoch begins at
what is there already: the total may then miss a little, but it never exceeds the truth.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from vpn.agent.backends.base import PeerState
from vpn.agent.totals import Figures, TotalChanges, TrafficTotal

ONLINE_S: Final = 180
MAX_EPOCH: Final = 2**63 - 1
# Of a peer that was there before the agent looked.
UNKNOWN: Final = float("-inf")


class Row(NamedTuple):
    """One peer in a report, in the order of docs/node-api.md; bytes since the start of the epoch."""

    public_key: str
    rx: int
    tx: int
    counter_epoch: int
    status: str


class CounterRecord(NamedTuple):
    """What is kept on disk per peer: the epoch, and the interface's figures at its start and when last read."""

    public_key: str
    epoch: int
    base_rx: int
    base_tx: int
    rx: int
    tx: int


class BookChanges(NamedTuple):
    """What has to be written to disk since the last time."""

    records: list[CounterRecord]
    dropped: list[str]
    finals: list[Row]
    totals: TotalChanges = TotalChanges(None, {}, [])


@dataclass(slots=True)
class _Entry:
    epoch: int
    base_rx: int
    base_tx: int
    rx: int
    tx: int
    sent_rx: int = 0
    sent_tx: int = 0
    sent_status: str = "never"
    status: str = "never"
    handshake: int = 0
    handshake_at: float = 0.0
    seen_at: float = UNKNOWN

    @property
    def has_been_seen(self) -> bool:
        """Tell whether this process has looked at the peer before."""
        return self.seen_at > UNKNOWN


def draw_epoch() -> int:
    """Return a random counter epoch, 1 to 2^63 - 1."""
    return secrets.randbelow(MAX_EPOCH) + 1


def following_epoch(epoch: int) -> int:
    """Return the counter epoch in which a peer goes on whose counter has fallen.

    Two agents that live through it, on copies of one memory, then count in the same one, and that once.
    """
    return (int.from_bytes(hashlib.sha256(b"%d" % epoch).digest()[:8], "big") >> 1) or 1


class CounterBook:
    """All counters of one interface. Not thread-safe: the node's lock covers it."""

    def __init__(
        self,
        records: Iterable[CounterRecord] = (),
        finals: Iterable[Row] = (),
        draw: Callable[[], int] = draw_epoch,
        totals: TrafficTotal | None = None,
    ) -> None:
        self.totals = totals or TrafficTotal()
        self._entries = {r.public_key: _Entry(r.epoch, r.base_rx, r.base_tx, r.rx, r.tx) for r in records}
        self._finals = {(row.public_key, row.counter_epoch): row for row in finals}
        self._draw = draw
        self._dirty: set[str] = set()
        self._dropped: set[str] = set()
        self._new_finals: list[Row] = []

    def __contains__(self, public_key: str) -> bool:
        return public_key in self._entries

    def keys(self) -> set[str]:
        """Return the keys of all peers with an open epoch."""
        return set(self._entries)

    def open(self, public_key: str, now: float = UNKNOWN) -> None:
        """Begin an epoch at zero for a peer that the agent has added to the interface at `now` (monotonic): it had no handshake before.

        One at zero in which nothing has been counted is begun already: a peer that the interface refuses again and
        again does not use up an epoch each time.
        """
        entry = self._entries.get(public_key)
        if entry is not None and not (entry.rx or entry.tx or entry.base_rx or entry.base_tx):
            return
        self.close(public_key)
        self._set(public_key, _Entry(self._draw(), 0, 0, 0, 0, seen_at=now))

    def close(self, public_key: str) -> None:
        """End a peer's epoch; figures not yet accepted by the control plane stay due as final ones."""
        entry = self._entries.pop(public_key, None)
        if entry is None:
            return
        self._dirty.discard(public_key)
        self._dropped.add(public_key)
        row = _row(public_key, entry)
        if row.rx > entry.sent_rx or row.tx > entry.sent_tx:
            self._finals[public_key, entry.epoch] = row
            self._new_finals.append(row)

    def close_all(self) -> None:
        """End every epoch: the interface was made anew."""
        for public_key in list(self._entries):
            self.close(public_key)
        self.totals.restart()

    def observe(self, peers: Iterable[PeerState], now: float, wall: float) -> None:
        """Take in what the interface shows. `now` is monotonic, `wall` the node's clock, both in seconds.

        The wall clock serves only to age the handshake of a peer that was there before the agent, since WireGuard
        stamps it with the same clock. A handshake that is new since the last look, or since the agent added the
        peer, cannot be older than that, and from then on its age comes from the monotonic clock: setting the
        node's clock changes next to nothing.
        """
        for peer in peers:
            entry = self._entries.get(peer.public_key)
            if entry is None:
                former = self.totals.forget(peer.public_key)
                entry = _Entry(self._draw(), peer.rx, peer.tx, peer.rx, peer.tx)
                self._set(peer.public_key, entry)
            else:
                former = Figures(entry.rx, entry.tx)
            self.totals.grow(peer, former)
            if peer.rx < former.rx or peer.tx < former.tx:
                # Added again since the last look, and so is its handshake.
                entry = self._restarted(peer, entry)
            if peer.rx != entry.rx or peer.tx != entry.tx:
                entry.rx, entry.tx = peer.rx, peer.tx
                self._dirty.add(peer.public_key)
            if peer.handshake or entry.handshake:
                _note_handshake(entry, peer.handshake, now, wall)
            entry.seen_at = now

    @property
    def finals_due(self) -> int:
        """Return how many final rows the control plane has not accepted yet."""
        return len(self._finals)

    def due_rows(self, limit: int, finals_only: bool = False) -> list[Row]:
        """Return at most `limit` rows that the control plane has not accepted yet, final ones first."""
        rows = list(self._finals.values())[:limit]
        if finals_only:
            return rows
        for public_key, entry in self._entries.items():
            if len(rows) >= limit:
                break
            row = _row(public_key, entry)
            if (row.rx, row.tx, row.status) != (entry.sent_rx, entry.sent_tx, entry.sent_status):
                rows.append(row)
        return rows

    def accepted(self, rows: Iterable[Row]) -> list[Row]:
        """Note that the control plane has these rows; returns the final ones among them, to be dropped from disk."""
        done = []
        for row in rows:
            final = self._finals.get((row.public_key, row.counter_epoch))
            # A report that was written before the epoch ended, and repeated since, is without its last figures.
            if final is not None and final.rx <= row.rx and final.tx <= row.tx:
                del self._finals[row.public_key, row.counter_epoch]
                done.append(row)
            entry = self._entries.get(row.public_key)
            if entry is not None and entry.epoch == row.counter_epoch:
                entry.sent_rx, entry.sent_tx, entry.sent_status = row.rx, row.tx, row.status
        return done

    def unsaved(self) -> BookChanges:
        """Return what the disk does not know yet."""
        records = [
            CounterRecord(key, e.epoch, e.base_rx, e.base_tx, e.rx, e.tx)
            for key in self._dirty
            if (e := self._entries.get(key)) is not None
        ]
        dropped = list(self._dropped - self._entries.keys())
        return BookChanges(records, dropped, self._new_finals, self.totals.unsaved())

    def mark_saved(self) -> None:
        """Note that what `unsaved` returned has been committed."""
        self._dirty, self._dropped, self._new_finals = set(), set(), []
        self.totals.mark_saved()

    def _restarted(self, peer: PeerState, former: _Entry) -> _Entry:
        """Return the entry of a peer whose counter has fallen, in the epoch that follows.

        Nobody saw a fall that is found at the first look after a start: the memory may be a copy from before it, and
        what the counter shows may have been counted in an epoch that the copy does not know.
        """
        base = Figures(0, 0) if former.has_been_seen else Figures(peer.rx, peer.tx)
        self.close(peer.public_key)
        entry = _Entry(following_epoch(former.epoch), base.rx, base.tx, base.rx, base.tx, seen_at=former.seen_at)
        self._set(peer.public_key, entry)
        return entry

    def _set(self, public_key: str, entry: _Entry) -> None:
        self._entries[public_key] = entry
        self._dirty.add(public_key)


def _row(public_key: str, entry: _Entry) -> Row:
    return Row(public_key, entry.rx - entry.base_rx, entry.tx - entry.base_tx, entry.epoch, entry.status)


def _note_handshake(entry: _Entry, handshake: int, now: float, wall: float) -> None:
    if handshake != entry.handshake:
        entry.handshake = handshake
        entry.handshake_at = max(now - max(0.0, wall - handshake), entry.seen_at)
    if handshake == 0:
        entry.status = "never"
    else:
        entry.status = "online" if now - entry.handshake_at < ONLINE_S else "idle"
