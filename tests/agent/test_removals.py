"""Who was ordered off the node goes, whatever happens in between; nothing is acknowledged before."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.agent.fake_control import FakeControl
from tests.agent.namespaces import wait_until
from tests.agent.nodes import MakeNode, changes, codes, peers, real, snapshot
from tests.agent.processes import AgentProcess, make_peer
from vpn.agent.backends.base import BackendError
from vpn.agent.desired import parse_peer
from vpn.agent.node import Node
from vpn.agent.store import STORE_NAME


def refuse(_: object) -> None:
    raise BackendError("refused")


def die(_: object) -> None:
    raise KeyboardInterrupt


def refuse_one(node: Node, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the interface refuse every call that would remove this key."""
    backend = node.peers.backend
    assert backend is not None
    remove = backend.remove

    def selective(keys: Sequence[str]) -> None:
        if key in keys:
            raise BackendError("refused")
        remove(keys)

    monkeypatch.setattr(backend, "remove", selective)


def test_many_removals_that_the_interface_refused_are_made_good_at_the_next_look(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = make_node()
    wanted = peers(20)
    node.apply_snapshot(snapshot(wanted))
    gone = list(wanted)[:15]
    with monkeypatch.context() as patch:
        patch.setattr(node.peers.backend, "remove", refuse)
        node.apply_changes(changes(2, *gone))
        assert node.peers.acknowledged == 1
        assert node.needs_recovery(), "which the agent asks every half second"
    node.recover()
    assert real(node).keys() == wanted.keys() - set(gone)
    assert node.peers.acknowledged == 2
    assert not node.needs_recovery()
    assert "mass_removal_refused" not in codes(node)


def test_many_removals_are_carried_out_after_the_agent_was_killed_in_the_middle(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = make_node()
    wanted = peers(20)
    node.apply_snapshot(snapshot(wanted))
    gone = list(wanted)[:15]
    monkeypatch.setattr(node.peers.backend, "remove", die)
    with pytest.raises(KeyboardInterrupt):
        node.apply_changes(changes(2, *gone))
    again = make_node()
    assert real(again).keys() == wanted.keys() - set(gone)
    assert again.peers.acknowledged == 2
    assert codes(again) == []


def test_a_permitted_mass_removal_is_carried_out_after_the_agent_was_killed_in_the_middle(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = make_node()
    wanted = peers(20)
    node.apply_snapshot(snapshot(wanted))
    rest = dict(list(wanted.items())[:3])
    monkeypatch.setattr(node.peers.backend, "remove", die)
    with pytest.raises(KeyboardInterrupt):
        node.apply_snapshot(snapshot(rest, to=2, allowed=True))
    again = make_node()
    assert real(again) == rest
    assert again.peers.acknowledged == 2
    assert codes(again) == []


def test_removals_ordered_while_the_interface_cannot_be_reached_are_made_good_within_a_second(
    agent: AgentProcess, control: FakeControl
) -> None:
    control.report_interval_s = 30  # the tick must not be what helps
    agent.enrol()
    wanted = [make_peer(number) for number in range(20)]
    revision = control.upsert(*wanted)
    agent.start()
    control.wait_applied(revision)
    socket = Path(f"/var/run/wireguard/{agent.interface}.sock")
    hidden = socket.with_suffix(".hidden")
    socket.rename(hidden)
    ordered = control.remove(*(peer["public_key"] for peer in wanted[:15]))
    wait_until(lambda: "restore_failed" in agent.log.read_text())
    assert all(report["applied_rev"] < ordered for report in control.reports)
    hidden.rename(socket)
    started = time.monotonic()
    control.wait_applied(ordered)
    assert time.monotonic() - started < 2
    assert agent.peers().keys() == {peer["public_key"] for peer in wanted[15:]}


def test_one_removal_that_fails_holds_the_revision_back_but_nobody_else(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = make_node()
    wanted = peers(4)
    node.apply_snapshot(snapshot(wanted))
    stuck, other, *_ = wanted
    newcomer = parse_peer(make_peer(50))
    with monkeypatch.context() as patch:
        refuse_one(node, stuck, patch)
        node.apply_changes(changes(2, stuck, other, newcomer))
        assert real(node).keys() == (wanted.keys() - {other}) | {newcomer.public_key}
        node.tick()
        node.tick()
        assert node.peers.acknowledged == 1
        assert codes(node) == ["apply_failed"], "said once"
    node.tick()
    assert stuck not in real(node)
    assert node.peers.acknowledged == 2


def test_a_removal_counts_only_once_the_interface_shows_it(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = make_node()
    wanted = peers(2)
    node.apply_snapshot(snapshot(wanted))
    gone, _ = wanted
    with monkeypatch.context() as patch:
        patch.setattr(node.peers.backend, "remove", lambda keys: None)
        node.apply_changes(changes(2, gone))
        node.tick()
        assert node.peers.acknowledged == 1
    again = make_node()
    assert gone not in real(again)
    assert again.peers.acknowledged == 2


def test_a_later_upsert_calls_a_removal_off(make_node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node()
    wanted = peers(2)
    node.apply_snapshot(snapshot(wanted))
    back, other = wanted
    with monkeypatch.context() as patch:
        patch.setattr(node.peers.backend, "remove", refuse)
        node.apply_changes(changes(2, back, other))
        node.apply_changes(changes(3, wanted[back]))
        assert node.peers.acknowledged == 1, "the other one is still there"
        node.apply_snapshot(snapshot(wanted, to=4))
        assert node.peers.acknowledged == 4
    again = make_node()
    assert real(again) == wanted


@pytest.mark.parametrize("strangers", [0, 20])
def test_a_snapshot_removes_whom_it_names_however_many_and_guards_the_others(
    make_node: MakeNode, strangers: int
) -> None:
    node = make_node()
    wanted, others = peers(20), peers(strangers, first=100)
    node.apply_snapshot(snapshot(wanted))
    assert node.peers.backend is not None
    node.peers.backend.upsert(list(others.values()))
    rest = dict(list(wanted.items())[:2])
    removed = frozenset(wanted.keys() - rest.keys())
    node.apply_snapshot(snapshot(rest, to=2, removed=removed | peers(3, first=200).keys()))
    assert real(node) == {**rest, **others}
    assert codes(node) == ["mass_removal_refused"] * bool(others)
    assert node.peers.acknowledged == (1 if others else 2)


def test_an_agent_obeys_a_snapshot_that_names_nearly_everybody(agent: AgentProcess, control: FakeControl) -> None:
    wanted = [make_peer(number) for number in range(20)]
    revision = control.upsert(*wanted)
    agent.start()
    control.wait_applied(revision)
    kept, *gone = (peer["public_key"] for peer in wanted)
    for key in gone:
        del control.peers[key]
    control.removed = gone
    control.new_epoch()
    control.wait_applied(control.revision)
    assert agent.peers().keys() == {kept}
    assert not any(report["notes"] for report in control.reports)


def test_whom_a_snapshot_names_is_removed_by_an_agent_that_has_lost_its_memory(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(20)
    node.apply_snapshot(snapshot(wanted))
    node.store.close()
    (node.state_dir / STORE_NAME).unlink()
    again = make_node()
    again.apply_snapshot(snapshot({}, to=2, removed=frozenset(wanted)))
    assert real(again) == {}
    assert codes(again) == [], "they are no foreign ones"


def test_the_guard_looks_only_at_those_whom_no_order_named(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(40)
    node.apply_snapshot(snapshot(wanted))
    strangers = peers(5, first=100)
    assert node.peers.backend is not None
    node.peers.backend.upsert(list(strangers.values()))
    gone = list(wanted)[:30]
    node.apply_changes(changes(2, *gone))
    node.tick()
    assert real(node).keys() == wanted.keys() - set(gone)
    assert codes(node) == ["foreign_peer_removed"] * 5


def test_a_refused_mass_removal_is_noted_once_and_again_for_others(make_node: MakeNode) -> None:
    node = make_node()
    node.apply_snapshot(snapshot(peers(5)))
    assert node.peers.backend is not None
    node.peers.backend.upsert(list(peers(20, first=100).values()))
    for _ in range(3):
        node.tick()
    assert codes(node) == ["mass_removal_refused"]
    node.peers.backend.upsert(list(peers(5, first=200).values()))
    node.tick()
    assert codes(node) == ["mass_removal_refused"] * 2
