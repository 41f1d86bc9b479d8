"""What `status` tells about a node that is not quite as it should be."""

import sqlite3

import pytest

from tests.agent.nodes import MakeNode, changes, peers, snapshot
from tests.agent.processes import make_peer
from vpn.agent.backends.base import BackendError
from vpn.agent.desired import parse_peer
from vpn.agent.node import Node
from vpn.agent.status import NAMED, describe
from vpn.agent.store import STORE_NAME
from vpn.wireguard.keys import generate_key_pair


def described(node: Node) -> str:
    """Return what `status` prints, for which the agent has to be enrolled."""
    node.identity.save(node.state_dir)
    return describe(node.state_dir)


def test_nothing_is_said_of_what_is_in_order(make_node: MakeNode) -> None:
    node = make_node()
    node.apply_snapshot(snapshot(peers(2)))
    shown = described(node)
    assert "2 wanted, 0 of them held back" in shown
    assert not any(word in shown for word in ("removing", "refused\n", "refused   ", "changing"))


def test_pending_removals_refused_peers_and_handovers_are_named(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = make_node()
    wanted = peers(3)
    node.apply_snapshot(snapshot(wanted))
    stuck, old, _ = wanted.values()
    bad = parse_peer(make_peer(50))._replace(allowed_ips=("10.99.0.1/33",))
    new = old._replace(public_key=generate_key_pair().public_key)

    def refuse(_: object) -> None:
        raise BackendError("busy")

    monkeypatch.setattr(node.peers.backend, "remove", refuse)
    node.apply_changes(changes(2, stuck.public_key, bad, new, takes_over={new.public_key: old.public_key}))
    lines = described(node).splitlines()
    assert lines[lines.index("removing       1") + 1] == f"  {stuck.public_key}"
    assert lines[lines.index("changing keys  1") + 1] == f"  {old.public_key} to {new.public_key}"
    assert lines[lines.index("refused        1") + 1].startswith(f"  {bad.public_key} (")
    assert "revision       1 applied, 2 known" in lines


def test_of_very_many_only_some_are_named(make_node: MakeNode) -> None:
    node = make_node()
    bad = {key: peer._replace(allowed_ips=("10.99.0.1/33",)) for key, peer in peers(NAMED + 3).items()}
    node.apply_snapshot(snapshot(bad))
    lines = described(node).splitlines()
    start = lines.index(f"refused        {NAMED + 3}")
    assert lines[start + NAMED + 1] == "  and 3 more"


def test_a_memory_of_an_older_agent_is_no_reason_to_say_nothing(make_node: MakeNode) -> None:
    node = make_node()
    node.store.close()
    with sqlite3.connect(node.state_dir / STORE_NAME) as db:
        db.execute("DROP TABLE handovers")
    db.close()
    assert "memory         cannot be read" in described(node)
