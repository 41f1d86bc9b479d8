"""What the agent needs from a WireGuard interface, whichever way it is reached."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol


class BackendError(Exception):
    """The interface refused or could not be read. The message holds no key."""


class InterfaceGone(BackendError):
    """There is no such interface (any more)."""


class DesiredPeer(NamedTuple):
    """A peer as it should be: keys in base64, allowed IPs in CIDR form sorted as text, None for no preshared key."""

    public_key: str
    allowed_ips: tuple[str, ...]
    preshared_key: str | None


class PeerState(NamedTuple):
    """A peer as it is. `rx` is what the node received from it and `tx` what it sent, in bytes since it was added.

    `handshake` is in seconds of the node's wall clock, 0 if there never was one.
    """

    public_key: str
    allowed_ips: tuple[str, ...]
    preshared_key: str | None
    rx: int
    tx: int
    handshake: int


class DeviceState(NamedTuple):
    """An interface as it is; peers by public key. `private_key` is None while none is set."""

    private_key: str | None
    listen_port: int
    peers: dict[str, PeerState]


class Backend(Protocol):
    """One WireGuard interface.

    Every method raises InterfaceGone or BackendError; none ever replaces all peers.
    """

    def read(self) -> DeviceState:
        """Return the whole interface."""

    def read_peers(self, public_keys: Collection[str]) -> dict[str, PeerState]:
        """Return those of the named peers that exist."""

    def configure(self, private_key: str, listen_port: int) -> None:
        """Set the interface's key and UDP port; peers stay as they are."""

    def upsert(self, peers: Sequence[DesiredPeer]) -> None:
        """Add or update peers in one call. Counters and keepalive of existing ones are left alone."""

    def remove(self, public_keys: Sequence[str]) -> None:
        """Remove peers in one call; one that does not exist is no error."""
