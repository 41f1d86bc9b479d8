"""What all peers of an interface together have moved since it was made: the figure that a sum of usage must fit under."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from vpn.agent.backends.base import PeerState


class Figures(NamedTuple):
    """Bytes received from peers and sent to them."""

    rx: int
    tx: int


NOTHING = Figures(0, 0)


class TotalChanges(NamedTuple):
    """What has to be written to disk since the last time; `total` is None if it has not grown."""

    total: Figures | None
    strangers: dict[str, Figures]
    gone: list[str]


class TrafficTotal:
    """Every growth of any peer's counters, from zero at the interface's creation; it never falls.

    The former figures of a peer with a counter epoch are in the counter book. Those of a *stranger*, which has none,
    are here.
    """

    def __init__(self, total: Figures = NOTHING, strangers: Mapping[str, Figures] | None = None) -> None:
        self.total = total
        self._strangers = dict(strangers or {})
        self._written = total
        self._moved: set[str] = set()
        self._gone: set[str] = set()

    def __contains__(self, public_key: str) -> bool:
        """Tell whether the peer was a stranger on the interface at the last look."""
        return public_key in self._strangers

    def grow(self, peer: PeerState, former: Figures) -> None:
        """Add what a peer has moved since it had the former figures; one that fell has begun again at zero."""
        if peer.rx < former.rx or peer.tx < former.tx:
            former = NOTHING
        self.total = Figures(self.total.rx + peer.rx - former.rx, self.total.tx + peer.tx - former.tx)

    def observe_strangers(self, peers: Iterable[PeerState]) -> None:
        """Take in all the strangers on the interface; whoever is not among them has left it."""
        present = set()
        for peer in peers:
            key, figures = peer.public_key, Figures(peer.rx, peer.tx)
            present.add(key)
            former = self._strangers.get(key)
            if former != figures:
                self.grow(peer, former or NOTHING)
                self._strangers[key] = figures
                self._moved.add(key)
        for key in self._strangers.keys() - present:
            self.forget(key)

    def forget(self, public_key: str) -> Figures:
        """Return the figures of a stranger that is none any more, zero if it never was."""
        former = self._strangers.pop(public_key, None)
        if former is None:
            return NOTHING
        self._gone.add(public_key)
        self._moved.discard(public_key)
        return former

    def restart(self) -> None:
        """Begin at zero: the interface was made anew."""
        for key in list(self._strangers):
            self.forget(key)
        self.total = NOTHING

    def unsaved(self) -> TotalChanges:
        """Return what the disk does not know yet."""
        total = self.total if self.total != self._written else None
        moved = {key: self._strangers[key] for key in self._moved}
        return TotalChanges(total, moved, list(self._gone - self._strangers.keys()))

    def mark_saved(self) -> None:
        """Note that what `unsaved` returned has been committed."""
        self._written, self._moved, self._gone = self.total, set(), set()
