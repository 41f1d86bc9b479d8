"""Nodes in this process: what to tell them, and what is really on their interface."""

from collections.abc import Callable
from typing import Any

from tests.agent.namespaces import Customer
from tests.agent.processes import make_peer
from vpn.agent.backends.base import DesiredPeer
from vpn.agent.desired import Changes, InterfaceSettings, Snapshot, parse_peer
from vpn.agent.node import Node

MakeNode = Callable[[], Node]
Connect = Callable[[int], Customer]


def peers(count: int, first: int = 0, **more: Any) -> dict[str, DesiredPeer]:
    """Return peers by public key, with addresses from the number `first` on."""
    made = [parse_peer(make_peer(number, **more)) for number in range(first, first + count)]
    return {peer.public_key: peer for peer in made}


def snapshot(
    wanted: dict[str, DesiredPeer],
    to: int = 1,
    allowed: bool = False,
    epoch: str = "e",
    extra_ports: tuple[int, ...] = (),
    **more: Any,
) -> Snapshot:
    """Return a snapshot that holds these peers."""
    settings = InterfaceSettings(("10.99.0.1/16", "fd00:99::1/64"), 51820, 1420, extra_ports)
    return Snapshot(epoch, to, allowed, settings, wanted, **more)


def changes(to: int, *wanted: DesiredPeer | str, **more: Any) -> Changes:
    """Return ops: a peer is an upsert, a key a removal."""
    ops = {
        (peer if isinstance(peer, str) else peer.public_key): None if isinstance(peer, str) else peer for peer in wanted
    }
    return Changes("e", to, False, True, ops, [], **more)


def real(node: Node) -> dict[str, DesiredPeer]:
    """Return what is on the interface."""
    assert node.peers.backend is not None
    return {key: DesiredPeer(*peer[:3]) for key, peer in node.peers.backend.read().peers.items()}


def codes(node: Node) -> list[str]:
    """Return the codes of the notes that wait for a report."""
    return [code for code, _ in node.peers.notes]
