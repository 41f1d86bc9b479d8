"""A new key takes the place of an old one: when, and what else may happen meanwhile."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.agent.namespaces import Customer, Namespace
from tests.agent.nodes import Connect, MakeNode, changes, codes, peers, real, snapshot
from tests.agent.processes import make_peer
from vpn.agent import handover
from vpn.agent.backends.base import DesiredPeer
from vpn.agent.desired import parse_peer
from vpn.agent.handover import Handover, plan_handovers
from vpn.agent.identity import public_key_of
from vpn.agent.node import Node
from vpn.agent.reports import ReportWriter
from vpn.wireguard.keys import generate_key_pair


def successor_of(peer: DesiredPeer) -> DesiredPeer:
    """Return a peer with another key and the same addresses."""
    return peer._replace(public_key=generate_key_pair().public_key)


def begin(node: Node) -> tuple[DesiredPeer, DesiredPeer, DesiredPeer]:
    """Serve two peers and begin to replace the first one; returns the old and the new one, and the other."""
    wanted = peers(2)
    node.apply_snapshot(snapshot(wanted))
    old, other = wanted.values()
    new = successor_of(old)
    node.apply_changes(changes(2, new, takes_over={new.public_key: old.public_key}))
    return old, new, other


def bare(peer: DesiredPeer) -> DesiredPeer:
    return peer._replace(allowed_ips=())


def by_key(*some: DesiredPeer) -> dict[str, DesiredPeer]:
    return {peer.public_key: peer for peer in some}


def test_the_new_peer_waits_without_addresses_beside_the_old_one(make_node: MakeNode) -> None:
    node = make_node()
    old, new, other = begin(node)
    assert node.peers.acknowledged == 2, "it works as soon as it is used"
    for _ in range(2):
        assert real(node) == by_key(old, bare(new), other)
        assert node.handing_over.is_set()
        assert not node.look_at_handovers()
        node.tick()
    assert codes(node) == []
    again = make_node()
    assert real(again) == by_key(old, bare(new), other), "also after a restart"
    assert again.handing_over.is_set()


def test_no_hash_is_reported_meanwhile(make_node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "HANDOVER_S", 0.0)
    node = make_node()
    begin(node)
    writer = ReportWriter(node)
    assert writer.write(node.tick(), finals_only=False).body["state_hash"], "over at once"
    monkeypatch.setattr(handover, "HANDOVER_S", 120.0)
    third = successor_of(peers(1, first=50).popitem()[1])
    node.apply_changes(changes(3, third))
    fourth = successor_of(third)
    node.apply_changes(changes(4, fourth, takes_over={fourth.public_key: third.public_key}))
    look = node.tick()
    assert look.is_handing_over
    assert writer.write(look, finals_only=False).body["state_hash"] is None
    node.apply_changes(changes(5, third.public_key))
    body = writer.write(look._replace(revision=5), finals_only=False).body
    assert body["state_hash"] is None, "the look was taken before it was over"


def test_after_the_time_is_up_the_new_key_has_the_addresses(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "HANDOVER_S", 0.3)
    node = make_node()
    _, new, other = begin(node)
    assert not node.look_at_handovers()
    time.sleep(0.3)
    assert node.look_at_handovers()
    assert real(node) == by_key(new, other)
    assert not node.handing_over.is_set()
    assert not node.peers.is_removing


def connected(node: Node, connect: Connect) -> tuple[Customer, DesiredPeer]:
    """Return a customer who has sent something, and her peer on the node."""
    alice = connect(1)
    peer = parse_peer(alice.peer)
    node.apply_snapshot(snapshot(by_key(peer)))
    alice.connect(public_key_of((node.state_dir / "private.key").read_text()), 51820)
    assert alice.ping()
    return alice, peer


def test_the_first_handshake_completes_it_and_the_old_peers_last_counters_are_due(
    make_node: MakeNode, connect: Connect, space: Namespace
) -> None:
    node = make_node()
    alice, old = connected(node, connect)
    keys = generate_key_pair()
    new = old._replace(public_key=keys.public_key)
    node.apply_changes(changes(2, new, takes_over={new.public_key: old.public_key}))
    assert alice.ping(), "the old key works until the new one is used"
    counted = space.peers(node.identity.interface)[old.public_key]
    alice.change_key(keys)
    assert not alice.ping(1), "nobody has looked yet"
    assert node.look_at_handovers()
    assert alice.ping()
    assert real(node) == by_key(new)
    (final,) = node.peers.book.due_rows(10, finals_only=True)
    assert (final.public_key, final.rx, final.tx) == (old.public_key, counted[1], counted[2])
    assert node.tick().device.peers[new.public_key].rx > 3000


@pytest.mark.parametrize("how", ["restart", "tick", "the old peer was removed by hand", "the interface is made anew"])
def test_it_is_completed_by_whoever_looks_first(
    make_node: MakeNode, connect: Connect, space: Namespace, how: str
) -> None:
    node = make_node()
    alice, old = connected(node, connect)
    keys = generate_key_pair()
    new = old._replace(public_key=keys.public_key)
    node.apply_changes(changes(2, new, takes_over={new.public_key: old.public_key}))
    if how in ("restart", "tick"):
        alice.change_key(keys)
        assert not alice.ping(1)
    if how == "restart":
        node = make_node()
    elif how == "the interface is made anew":
        space.run("ip", "link", "delete", node.identity.interface)
        node.ensure_interface()
    elif how == "the old peer was removed by hand":
        space.run("wg", "set", node.identity.interface, "peer", old.public_key, "remove")
    node.tick()
    assert real(node) == by_key(new)
    assert not node.peers.is_handing_over
    assert codes(node) == ["interface_recreated"] * (how == "the interface is made anew")


def test_an_order_to_remove_the_old_key_completes_it_at_once(make_node: MakeNode) -> None:
    node = make_node()
    old, new, other = begin(node)
    node.apply_changes(changes(3, old.public_key))
    assert real(node) == by_key(new, other)
    assert node.peers.acknowledged == 3
    assert not node.handing_over.is_set()


@pytest.mark.parametrize("what", ["order", "upsert", "snapshot", "time"])
def test_the_addresses_change_hands_before_the_old_peer_goes(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(handover, "HANDOVER_S", 0.0 if what == "time" else 120.0)
    node = make_node()
    wanted = peers(2)
    node.apply_snapshot(snapshot(wanted))
    old, other = wanted.values()
    new = successor_of(old)
    node.peers.apply_changes(changes(2, new, takes_over={new.public_key: old.public_key}))
    backend = node.peers.backend
    assert backend is not None
    calls: list[object] = []

    def watched(change: Callable[[Any], None], some: Any) -> None:
        calls.append(list(some))
        change(some)

    monkeypatch.setattr(backend, "upsert", partial(watched, backend.upsert))
    monkeypatch.setattr(backend, "remove", partial(watched, backend.remove))
    if what == "order":
        node.apply_changes(changes(3, old.public_key))
    elif what == "upsert":
        node.apply_changes(changes(3, new))
    elif what == "snapshot":
        node.apply_snapshot(snapshot(by_key(new, other), to=3))
    else:
        node.tick()
    assert calls[:2] == [[new], [old.public_key]]
    assert real(node) == by_key(new, other)


def test_the_same_order_again_changes_nothing_and_one_without_a_predecessor_completes_it(make_node: MakeNode) -> None:
    node = make_node()
    old, new, other = begin(node)
    deadline = node.peers.intention.handovers[new.public_key].deadline
    node.apply_changes(changes(3, new, takes_over={new.public_key: old.public_key}))
    assert real(node) == by_key(old, bare(new), other)
    assert node.peers.intention.handovers[new.public_key].deadline == deadline
    node.apply_changes(changes(4, new))
    assert real(node) == by_key(new, other)


def test_if_the_new_key_is_ordered_off_the_old_one_goes_too(make_node: MakeNode) -> None:
    node = make_node()
    _, new, other = begin(node)
    node.apply_changes(changes(3, new.public_key))
    assert real(node) == by_key(other)
    assert node.peers.acknowledged == 3


def test_a_key_replaced_before_it_was_used_goes_and_the_one_in_use_stays(make_node: MakeNode) -> None:
    node = make_node()
    old, new, other = begin(node)
    newest = successor_of(new)
    node.apply_changes(changes(3, newest, takes_over={newest.public_key: new.public_key}))
    assert real(node) == by_key(old, bare(newest), other)
    node.apply_changes(changes(4, old.public_key))
    assert real(node) == by_key(newest, other)


def test_without_the_old_peer_on_the_interface_it_is_an_upsert_like_any_other(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(1)
    node.apply_snapshot(snapshot(wanted))
    new = parse_peer(make_peer(50))
    absent = generate_key_pair().public_key
    node.apply_changes(changes(2, new, takes_over={new.public_key: absent}))
    assert real(node) == {**wanted, new.public_key: new}
    assert not node.handing_over.is_set()
    assert node.peers.acknowledged == 2


def test_a_snapshot_that_names_the_handover_lets_it_go_on_and_any_other_completes_it(make_node: MakeNode) -> None:
    node = make_node()
    old, new, other = begin(node)
    wanted = by_key(new, other)
    node.apply_snapshot(snapshot(wanted, to=3, takes_over={new.public_key: old.public_key}))
    assert real(node) == by_key(old, bare(new), other)
    assert node.peers.acknowledged == 3
    node.apply_snapshot(snapshot(wanted, to=4))
    assert real(node) == wanted
    assert codes(node) == []


def test_a_snapshot_begins_a_handover_whose_op_was_missed(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(30)
    node.apply_snapshot(snapshot(wanted))
    news = {old: successor_of(peer) for old, peer in list(wanted.items())[:20]}
    rest = dict(list(wanted.items())[20:])
    takes_over = {new.public_key: old for old, new in news.items()}
    node.apply_snapshot(snapshot({**rest, **by_key(*news.values())}, to=2, takes_over=takes_over))
    assert real(node) == {**wanted, **by_key(*map(bare, news.values()))}
    assert codes(node) == [], "twenty who will go have been named, and the guard is not asked"
    again = make_node()
    again.apply_snapshot(snapshot({**rest, **by_key(*news.values())}, to=3))
    assert real(again) == {**rest, **by_key(*news.values())}


def test_a_snapshot_without_both_keys_removes_both(make_node: MakeNode) -> None:
    node = make_node()
    *_, other = begin(node)
    node.apply_snapshot(snapshot(by_key(other), to=3))
    assert real(node) == by_key(other)
    assert not node.handing_over.is_set()


def test_whoever_is_wanted_again_is_no_predecessor() -> None:
    peer = parse_peer(make_peer(1))
    new = successor_of(peer)
    pending = {new.public_key: Handover(new.public_key, peer.public_key, 9.0)}
    plan = plan_handovers(pending, by_key(peer, new), {new.public_key: peer.public_key}, {}, 0.0)
    assert plan == ([], {new.public_key}, set())
