"""A key that takes the place of another one of the same device, without a gap in its tunnel.

An address belongs to one peer at a time: given to the new key too early it cuts off a client that still uses the old
one, given too late it drops what the client sends under the new one. So the new peer is added without addresses,
which is enough for its handshake; with the first message of that, which nobody without the key can make, the
addresses change hands and the old peer goes. Before the handshake's last message has come there is nothing to lose.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from vpn.agent.backends.base import DesiredPeer, PeerState

HANDOVER_S: Final = 120.0


class Handover(NamedTuple):
    """One that is under way.

    `deadline` is in seconds of the monotonic clock, which goes on when the agent is started anew; a reboot sets it
    back, but takes the interface away too, and with it the old peer.
    """

    new: str
    old: str
    deadline: float

    def is_over(self, real: Mapping[str, PeerState], now: float) -> bool:
        """Tell whether the new key is in use, the old one gone, or the time up.

        WireGuard counts what it has received from a peer only once it has proved to be from it.
        """
        new = real.get(self.new)
        return self.old not in real or (new is not None and new.rx > 0) or now >= self.deadline


class HandoverPlan(NamedTuple):
    """What orders do to handovers: those that begin, the new keys of those that end, and old keys that go at once."""

    begin: list[Handover]
    end: set[str]
    leave: set[str]


def plan_handovers(
    pending: Mapping[str, Handover],
    orders: Mapping[str, DesiredPeer | None],
    takes_over: Mapping[str, str],
    real: Mapping[str, PeerState],
    now: float,
) -> HandoverPlan:
    """Return what happens to handovers.

    `orders` are peers that are wanted, or with None to go; `takes_over` maps some of the wanted ones to their
    predecessors. `real` shows at least all of these that are on the interface, and those of `pending`.
    """
    begin: dict[str, Handover] = {}
    kept: set[str] = set()
    leave: set[str] = set()
    for new, old in takes_over.items():
        if old in orders:  # wanted again, or ordered off at once
            continue
        leave.add(old)
        # A key that is itself waiting has not been used yet: its client still has the one before.
        used = pending[old].old if old in pending else old
        if new in pending and pending[new].old == used:
            kept.add(new)
        elif used in real and used not in orders and not _has_addresses(real.get(new)):
            begin[new] = Handover(new, used, now + HANDOVER_S)
    staying = {pending[new].old for new in kept} | {handover.old for handover in begin.values()}
    touched = orders.keys() | leave | staying
    end = {h.new for h in pending.values() if h.new not in kept and (h.new in touched or h.old in touched)}
    leave |= {pending[new].old for new in end}
    wanted = {key for key, peer in orders.items() if peer is not None}
    return HandoverPlan(list(begin.values()), end, leave - staying - wanted)


def keys_around(pending: Iterable[Handover], takes_over: Mapping[str, str]) -> Collection[str]:
    """Return every key that `plan_handovers` has to see on the interface, if it is there."""
    return {*takes_over.keys(), *takes_over.values(), *(key for h in pending for key in (h.new, h.old))}


def _has_addresses(state: PeerState | None) -> bool:
    return state is not None and bool(state.allowed_ips)
