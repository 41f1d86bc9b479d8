"""Peers that the interface does not take are named to the control plane, and hold back nobody else."""

from collections.abc import Sequence

import pytest

from tests.agent.fake_control import FakeControl
from tests.agent.nodes import MakeNode, changes, codes, peers, real, snapshot
from tests.agent.processes import AgentProcess, make_peer
from vpn.agent.backends.base import BackendError, DesiredPeer
from vpn.agent.desired import parse_changes, parse_peer
from vpn.agent.identity import public_key_of
from vpn.agent.node import Node
from vpn.agent.reports import MAX_FAILED, ReportWriter
from vpn.wireguard.state_hash import state_hash


def impossible(number: int) -> DesiredPeer:
    """Return a peer that every implementation of WireGuard refuses, as it would one too many."""
    return parse_peer(make_peer(number))._replace(allowed_ips=("10.99.0.1/33",))


def served(node: Node) -> dict[str, DesiredPeer]:
    """Return who can send something: wireguard-go leaves a peer that it refused on the interface, without addresses."""
    return {key: peer for key, peer in real(node).items() if peer.allowed_ips}


def reported(node: Node) -> list[str]:
    """Return what the next report says of failed peers."""
    failed = ReportWriter(node).write(None, finals_only=True).body["failed"]
    assert isinstance(failed, list)
    return failed


def test_a_refused_peer_is_named_in_every_report_and_the_others_are_served(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(2)
    node.apply_snapshot(snapshot(wanted))
    assert reported(node) == []
    bad, good = impossible(50), parse_peer(make_peer(51))
    node.apply_changes(changes(2, bad, good))
    assert served(node) == {**wanted, good.public_key: good}
    assert node.peers.acknowledged == 2, "one peer must not hold back all later changes"
    writer = ReportWriter(node)
    for _ in range(3):
        look = node.tick()
        body = writer.write(look, finals_only=False).body
        assert body["failed"] == [bad.public_key]
        assert body["state_hash"] != state_hash({**wanted, good.public_key: good, bad.public_key: bad}.values())
    assert codes(node) == ["apply_failed"], "noted once, not at every tick"
    node.apply_changes(changes(3, bad))
    node.tick()
    assert codes(node) == ["apply_failed"] * 2, "and once more for a later order"


@pytest.mark.parametrize("known", [False, True])
def test_a_peer_whose_order_is_malformed_is_named_until_another_order_comes(make_node: MakeNode, known: bool) -> None:
    node = make_node()
    row = make_peer(50)
    peer = parse_peer(row)
    node.apply_snapshot(snapshot({peer.public_key: peer} if known else {}))
    ops = [{"rev": 2, "op": "upsert", **row, "allowed_ips": ["10.99.0.1/33"]}]
    node.apply_changes(parse_changes({"epoch": "e", "to": 2, "more": False, "ops": ops}))
    assert node.peers.acknowledged == 2
    for _ in range(2):
        node.tick()
        assert reported(node) == [row["public_key"]]
    assert codes(node) == ["apply_failed"]
    assert "rev 2" in node.peers.notes[0][1]
    node = make_node()
    node.tick()
    assert reported(node) == [row["public_key"]], "also after a restart"
    node.apply_changes(changes(3, peer))
    node.tick()
    assert (reported(node), real(node)) == ([], {peer.public_key: peer})


def test_a_refused_peer_is_tried_at_each_look_and_works_as_soon_as_the_interface_takes_it(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = make_node()
    wanted = peers(2)
    node.apply_snapshot(snapshot(wanted))
    backend = node.peers.backend
    assert backend is not None
    upsert = backend.upsert
    refused = parse_peer(make_peer(50))

    def selective(some: Sequence[DesiredPeer]) -> None:
        if refused in some:
            raise BackendError("no room")
        upsert(some)

    with monkeypatch.context() as patch:
        patch.setattr(backend, "upsert", selective)
        node.apply_changes(changes(2, refused))
        node.tick()
        assert reported(node) == [refused.public_key]
        assert node.peers.notes == [("apply_failed", f"{refused.public_key} no room")]
    node.tick()
    assert real(node) == {**wanted, refused.public_key: refused}
    assert reported(node) == []


@pytest.mark.parametrize("how", ["mended", "removed", "gone with a snapshot"])
def test_a_failure_is_forgotten_when_it_is_over(make_node: MakeNode, how: str) -> None:
    node = make_node()
    wanted = peers(2)
    node.apply_snapshot(snapshot(wanted))
    bad = impossible(50)
    node.apply_changes(changes(2, bad))
    assert reported(node) == [bad.public_key]
    if how == "mended":
        node.apply_changes(changes(3, bad._replace(allowed_ips=("10.99.0.77/32",))))
    elif how == "removed":
        node.apply_changes(changes(3, bad.public_key))
    else:
        node.apply_snapshot(snapshot(wanted, to=3))
    assert reported(node) == []
    assert node.peers.acknowledged == 3
    assert reported(make_node()) == []


def test_a_refused_peer_is_still_named_and_not_noted_again_after_a_restart(make_node: MakeNode) -> None:
    node = make_node()
    node.apply_snapshot(snapshot(peers(2)))
    bad = impossible(50)
    node.apply_changes(changes(2, bad))
    again = make_node()
    assert reported(again) == [bad.public_key]
    assert codes(again) == []


def test_a_peer_that_is_silently_left_out_is_found_out_by_the_next_look(make_node: MakeNode) -> None:
    """WireGuard ignores a peer that has the interface's own key, and reports success."""
    node = make_node()
    node.apply_snapshot(snapshot(peers(2)))
    own_key = public_key_of((node.state_dir / "private.key").read_text())
    node.apply_changes(changes(2, parse_peer({**make_peer(50), "public_key": own_key})))
    node.tick()
    node.tick()
    assert reported(node) == [own_key]
    assert codes(node) == ["apply_failed"]


def test_a_running_agent_reports_who_is_not_there_until_the_order_is_taken_back(
    agent: AgentProcess, control: FakeControl
) -> None:
    good, impossible_one = make_peer(1), {**make_peer(2), "public_key": agent.public_key()}
    agent.start()
    revision = control.upsert(good, impossible_one)
    control.wait_report(lambda report: report["failed"] == [agent.public_key()] and report["applied_rev"] == revision)
    assert agent.peers().keys() == {good["public_key"]}
    back = control.remove(agent.public_key())
    control.wait_report(lambda report: report["applied_rev"] == back and report["failed"] == [])


def test_a_snapshot_of_very_many_refused_peers_names_a_hundred(make_node: MakeNode) -> None:
    node = make_node()
    bad = {peer.public_key: peer for peer in map(impossible, range(MAX_FAILED + 5))}
    wanted = peers(2)
    node.apply_snapshot(snapshot({**bad, **wanted}))
    assert served(node) == wanted
    assert len(set(reported(node)) & bad.keys()) == len(reported(node)) == MAX_FAILED == 100
    assert node.peers.acknowledged == 1
