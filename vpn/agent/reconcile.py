"""What to change on the real interface so that it becomes the desired one."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from vpn.agent.backends.base import DesiredPeer, PeerState

CHUNK: Final = 500
GUARD_PEERS: Final = 10
GUARD_SHARE: Final = 0.3

T = TypeVar("T")


class Difference(NamedTuple):
    """Single peers to add, to update and to remove; everything else stays untouched."""

    add: list[DesiredPeer]
    update: list[DesiredPeer]
    remove: list[str]


def is_as_wanted(peer: DesiredPeer, state: PeerState | None) -> bool:
    """Compare allowed IPs and preshared key; a peer that is not there is not as wanted."""
    return state is not None and state.allowed_ips == peer.allowed_ips and state.preshared_key == peer.preshared_key


def difference(desired: Mapping[str, DesiredPeer], real: Mapping[str, PeerState]) -> Difference:
    """Compare keys, allowed IPs and preshared keys; 10,000 equal peers take a few milliseconds."""
    add, update = [], []
    for key, peer in desired.items():
        state = real.get(key)
        if state is None:
            add.append(peer)
        elif not is_as_wanted(peer, state):
            update.append(peer)
    return Difference(add, update, [key for key in real if key not in desired])


def is_mass_removal(removals: Collection[str], present: int) -> bool:
    """Tell whether so many of the `present` peers would go that the control plane has to say it means it."""
    return len(removals) > GUARD_PEERS and len(removals) > GUARD_SHARE * present


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
