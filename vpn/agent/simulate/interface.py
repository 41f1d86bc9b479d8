"""A WireGuard interface without packets: a table of peers in memory, whose counters grow at a steady rate."""

import time
from collections.abc import Collection, Sequence

from vpn.agent.backends.base import DesiredPeer, DeviceState, PeerState


class MemoryInterface:
    """`rate` is in bytes a second, each way, for each peer. Used under the node's lock."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._peers: dict[str, tuple[DesiredPeer, float]] = {}
        self._frozen_at: float | None = None
        # Peers that were taken off: whoever was connected is not any more.
        self.removals = 0

    def freeze(self) -> None:
        """Let no more traffic pass."""
        self._frozen_at = time.monotonic()

    def read(self) -> DeviceState:
        """Return the whole interface."""
        return DeviceState(None, 0, self.read_peers(self._peers))

    def read_peers(self, public_keys: Collection[str]) -> dict[str, PeerState]:
        """Return those of the named peers that exist."""
        return {key: self._state(key) for key in public_keys if key in self._peers}

    def configure(self, private_key: str, listen_port: int) -> None:
        """There is nothing to configure."""

    def upsert(self, peers: Sequence[DesiredPeer]) -> None:
        """Add or update peers; counters of existing ones go on."""
        now = time.monotonic()
        for peer in peers:
            self._peers[peer.public_key] = (peer, self._peers.get(peer.public_key, (peer, now))[1])

    def remove(self, public_keys: Sequence[str]) -> None:
        """Remove peers."""
        for key in public_keys:
            self.removals += self._peers.pop(key, None) is not None

    def _state(self, key: str) -> PeerState:
        peer, added_at = self._peers[key]
        until = time.monotonic() if self._frozen_at is None else self._frozen_at
        carried = int(self._rate * max(0.0, until - added_at))
        return PeerState(*peer, rx=carried, tx=carried, handshake=int(time.time()) if carried else 0)
