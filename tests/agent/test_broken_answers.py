"""Whatever comes instead of an answer removes nobody: a running agent, a real interface, a lying control plane."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.agent.fake_control import NODE_ID, FakeControl, send_data, send_error
from tests.agent.lies import LIES, Handler, Lie, empty_of, html
from tests.agent.namespaces import wait_until
from tests.agent.processes import AgentProcess, make_peer


def test_no_broken_answer_removes_a_peer(agent: AgentProcess, control: FakeControl) -> None:
    """One agent lives through all of them, one after the other, and then follows the truth again."""
    peers = [make_peer(number) for number in range(12)]
    revision = control.upsert(*peers)
    agent.start()
    control.wait_applied(revision)
    real = agent.peers()
    assert len(real) == 12
    for lie in LIES:
        told: list[str] = []

        def sabotage(handler: Handler, name: str, lie: Lie = lie, told: list[str] = told) -> bool:
            if name == "report":
                return False
            told.append(name)
            if len(told) == 1:
                send_error(handler, 409, "resync_required")  # drives the agent to the snapshot
            else:
                lie(handler, control.snapshot())
            return True

        control.sabotage = sabotage
        control.upsert(peers[0])  # ends the hanging request
        wait_until(lambda told=told: len(told) >= 3, why=lie.__name__)  # type: ignore[misc]
        assert agent.peers().keys() == real.keys(), lie.__name__
    control.sabotage = None
    control.wait_applied(control.remove(peers[0]["public_key"]))
    assert len(agent.peers()) == 11


def older(control: FakeControl) -> dict[str, Any]:
    """A snapshot as this very node got it once, when there was nobody yet."""
    return {**empty_of(control.snapshot()), "allow_mass_removal": False, "to": 0, "nonce": "former", "node_id": NODE_ID}


def another_nodes(control: FakeControl) -> dict[str, Any]:
    """What another node would get now."""
    nobody = empty_of(control.snapshot())
    return {**nobody, "allow_mass_removal": False, "epoch": str(uuid.uuid4()), "node_id": str(uuid.UUID(int=2))}


@pytest.mark.parametrize("make", [older, another_nodes])
def test_an_honest_snapshot_that_was_meant_for_then_or_for_another_node_removes_nobody(
    agent: AgentProcess, control: FakeControl, make: Callable[[FakeControl], dict[str, Any]]
) -> None:
    """Of so few peers nobody would ask whether a mass removal is meant."""
    peers = [make_peer(number) for number in range(5)]
    revision = control.upsert(*peers)
    agent.start()
    control.wait_applied(revision)
    told: list[str] = []

    def replay(handler: Handler, name: str) -> bool:
        if name == "state":
            send_error(handler, 409, "resync_required")
        elif name == "snapshot":
            told.append(name)
            send_data(handler, make(control))
        return name in ("state", "snapshot")

    control.sabotage = replay
    control.upsert(peers[0])  # ends the hanging request
    wait_until(lambda: len(told) >= 3, why=make.__name__)
    assert len(agent.peers()) == 5
    control.sabotage = None
    control.wait_applied(control.remove(peers[0]["public_key"]))
    assert len(agent.peers()) == 4


def test_an_older_answer_about_changes_changes_nothing(agent: AgentProcess, control: FakeControl) -> None:
    peer = make_peer(1)
    agent.start()
    control.wait_applied(control.upsert(peer))
    kept = control.changes(control.epoch, 0, 0)
    control.wait_applied(control.remove(peer["public_key"]))
    told: list[str] = []

    def replay(handler: Handler, name: str) -> bool:
        if name == "state":
            told.append(name)
            send_data(handler, {**(kept or {}), "to": control.revision})
        return name == "state"

    control.sabotage = replay
    control.upsert(make_peer(2))  # ends the hanging request
    wait_until(lambda: len(told) >= 3, why="the old answer")
    assert peer["public_key"] not in agent.peers()


def test_a_snapshot_that_is_refused_again_and_again_is_not_taken_without_a_pause(
    agent: AgentProcess, control: FakeControl
) -> None:
    agent.start()
    control.wait_applied(control.upsert(make_peer(1)))

    def sabotage(handler: Handler, name: str) -> bool:
        if name != "state":
            return False
        send_error(handler, 409, "resync_required")
        return True

    control.sabotage = sabotage
    control.upsert(make_peer(2))  # ends the hanging request
    wait_until(lambda: len(agent.peers()) == 2, 1, "the first snapshot comes at once")
    before = len(control.requests)
    time.sleep(1.5)
    snapshots = [name for _, name in control.requests[before:]].count("snapshot")
    # The pauses are at most half a second here and a quarter on average: six are to be expected.
    assert 1 <= snapshots <= 20
    control.sabotage = None
    control.wait_applied(control.upsert(make_peer(3)))


def test_a_mass_removal_needs_to_be_meant(agent: AgentProcess, control: FakeControl) -> None:
    peers = [make_peer(number) for number in range(20)]
    revision = control.upsert(*peers)
    agent.start()
    control.wait_applied(revision)
    newcomer = make_peer(100)
    control.peers.clear()
    control.upsert(newcomer)
    control.new_epoch()
    refused = control.wait_report(lambda r: any(note["code"] == "mass_removal_refused" for note in r["notes"]))
    assert refused["applied_rev"] < control.revision
    assert len(agent.peers()) == 21, "the newcomer is added, nobody is removed"
    agent.end()
    agent.space.run("ip", "link", "delete", agent.interface)
    control.allow_mass_removal = True

    def login_page(handler: Handler, name: str) -> bool:
        html(handler, {})
        return True

    control.sabotage = login_page
    agent.start()
    wait_until(lambda: len(agent.peers()) == 21, why="a reboot does not carry out what was refused")
    control.sabotage = None
    control.wait_applied(control.revision)
    assert agent.peers().keys() == {newcomer["public_key"]}


def test_up_to_ten_removals_in_a_snapshot_need_no_permission(agent: AgentProcess, control: FakeControl) -> None:
    peers = [make_peer(number) for number in range(11)]
    revision = control.upsert(*peers)
    agent.start()
    control.wait_applied(revision)
    for peer in peers[1:]:
        del control.peers[peer["public_key"]]
    control.new_epoch()
    control.wait_applied(control.revision)
    assert agent.peers().keys() == {peers[0]["public_key"]}


def test_a_report_whose_reply_is_lost_is_repeated_with_its_number(agent: AgentProcess, control: FakeControl) -> None:
    seen: list[dict[str, Any]] = []
    lost = 0

    def sabotage(handler: Handler, name: str) -> bool:
        nonlocal lost
        if name == "report" and lost < 3:
            lost += 1
            control.reports.append(handler.body)  # type: ignore[attr-defined]
            handler.close_connection = True
            return True
        return False

    control.sabotage = sabotage
    agent.start()
    control.wait_applied(control.upsert(make_peer(1)))
    seen = list(control.reports)
    ids = [report["report_id"] for report in seen]
    assert ids[:4] == [1, 1, 1, 1]
    assert seen[0] == seen[1] == seen[2] == seen[3]
    assert ids[3:] == sorted(set(ids[3:])), "and every new one has the next number"


@pytest.mark.parametrize("op", [{"op": "quarantine"}, {"op": "upsert", "public_key": "no key", "allowed_ips": []}])
def test_an_unknown_or_malformed_op_is_noted_and_the_others_are_applied(
    agent: AgentProcess, control: FakeControl, op: dict[str, Any]
) -> None:
    first, second = make_peer(1), make_peer(2)
    agent.start()
    control.wait_applied(control.upsert(first))
    with control.changed:
        control.revision += 1
        control.ops.append({"rev": control.revision, **op})
    control.wait_applied(control.upsert(second))
    assert agent.peers().keys() == {first["public_key"], second["public_key"]}
    wanted = "unknown_op" if op["op"] == "quarantine" else "apply_failed"
    control.wait_report(lambda r: [note["code"] for note in r["notes"]] == [wanted])
