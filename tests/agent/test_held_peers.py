"""Peers held back from a refused mass removal never stand in the way of one that is wanted."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agent.nodes import MakeNode, changes, codes, peers, real, snapshot
from tests.agent.processes import make_peer
from vpn.agent.backends.base import DesiredPeer
from vpn.agent.desired import parse_peer
from vpn.agent.node import Node
from vpn.agent.overlap import AddressRanges


def hold(node: Node, wanted: dict[str, DesiredPeer]) -> None:
    """Give the node these peers, and then a snapshot without any, which it refuses."""
    node.apply_snapshot(snapshot(wanted))
    node.apply_snapshot(snapshot({}, to=2))
    assert node.peers.is_holding
    node.peers.notes.clear()


def assert_at_rest(node: Node) -> None:
    """Nothing is changed on the interface and nothing noted any more, whatever the agent looks at."""
    backend = node.peers.backend
    assert backend is not None
    notes = list(node.peers.notes)
    calls: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "upsert", calls.append)
        patch.setattr(backend, "remove", calls.append)
        node.tick()
        node.tick()
    assert calls == []
    assert node.peers.notes == notes


def test_a_wanted_peer_takes_its_addresses_from_a_held_one_and_both_stay_as_they_are(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(20)
    hold(node, wanted)
    loser, emptied, *_ = wanted.values()
    one = parse_peer({**make_peer(50), "allowed_ips": [loser.allowed_ips[0], "10.99.70.1/32"]})
    two = parse_peer({**make_peer(51), "allowed_ips": list(emptied.allowed_ips)})
    node.apply_changes(changes(3, one, two))
    expected = {**wanted, one.public_key: one, two.public_key: two}
    expected[loser.public_key] = loser._replace(allowed_ips=loser.allowed_ips[1:])
    del expected[emptied.public_key]
    assert real(node) == expected
    assert codes(node) == ["held_peer_yielded"] * 2
    assert_at_rest(node)
    again = make_node()
    assert_at_rest(again)
    assert real(again) == expected
    assert again.peers.is_holding
    assert again.peers.acknowledged == 1


def test_a_snapshot_that_gives_the_addresses_of_held_peers_to_others_is_obeyed(make_node: MakeNode) -> None:
    node = make_node()
    former = peers(20)
    node.apply_snapshot(snapshot(former))
    successors = peers(3)  # other keys, the addresses of the first three
    for to in (2, 3):
        node.apply_snapshot(snapshot(successors, to=to))
        assert real(node) == {**dict(list(former.items())[3:]), **successors}
        assert codes(node) == ["mass_removal_refused", *["held_peer_yielded"] * 3], "said once"
        assert_at_rest(node)


def test_a_held_peer_yields_to_a_network_that_holds_its_address(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(20)
    hold(node, wanted)
    network = parse_peer({**make_peer(50), "allowed_ips": ["10.99.0.0/30"]})
    node.apply_changes(changes(3, network))
    inside = {key for key, peer in wanted.items() if peer.allowed_ips[0] in ("10.99.0.2/32", "10.99.0.3/32")}
    assert {key for key, peer in real(node).items() if len(peer.allowed_ips) == 1} == inside | {network.public_key}
    assert_at_rest(node)


def test_held_peers_without_any_address_survive_a_reboot(make_node: MakeNode) -> None:
    node = make_node()
    bare = {key: peer._replace(allowed_ips=()) for key, peer in peers(20).items()}
    node.apply_snapshot(snapshot(peers(1, first=100)))
    assert node.peers.backend is not None
    node.peers.backend.upsert(list(bare.values()))
    node.apply_snapshot(snapshot({}, to=2))
    node.remove_interface()
    again = make_node()
    assert bare.items() <= real(again).items()


ADDRESSES = [f"{10 + n}.0.0.{m}/{length}" for n in range(2) for m in range(8) for length in (29, 30, 32)]
ADDRESSES += [f"fd00::{m:x}/{length}" for m in range(8) for length in (125, 126, 128)]
NETWORKS = st.lists(st.sampled_from(ADDRESSES), max_size=6)


@given(NETWORKS, st.sampled_from(ADDRESSES))
def test_ranges_overlap_exactly_where_networks_do(taken: list[str], asked: str) -> None:
    network = ipaddress.ip_network(asked, strict=False)
    others = [ipaddress.ip_network(text, strict=False) for text in taken]
    expected = any(other.version == network.version and other.overlaps(network) for other in others)
    assert AddressRanges(taken).overlaps(asked) == expected
