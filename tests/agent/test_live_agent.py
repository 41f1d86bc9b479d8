"""The agent as a process, on a real WireGuard interface, through everything that may happen to it."""

import json
import signal
import time
from typing import Any

from tests.agent.fake_control import FakeControl
from tests.agent.namespaces import Namespace, wait_until
from tests.agent.nodes import Connect
from tests.agent.processes import AgentProcess, make_peer


def codes(control: FakeControl) -> set[str]:
    return {note["code"] for report in control.reports for note in report["notes"]}


def serve(agent: AgentProcess, control: FakeControl, *peers: dict[str, Any]) -> None:
    """Start the agent and wait until it serves these peers."""
    revision = control.upsert(*peers)
    agent.start()
    control.wait_applied(revision)


def test_changes_reach_the_interface_one_by_one(agent: AgentProcess, control: FakeControl) -> None:
    first, second = make_peer(1), make_peer(2)
    serve(agent, control, first)
    control.wait_applied(control.upsert(second))
    assert set(agent.peers()) == {first["public_key"], second["public_key"]}
    moved = {**second, "allowed_ips": ["10.99.200.1/32"]}
    control.wait_applied(control.upsert(moved))
    assert agent.peers()[second["public_key"]][0] == "10.99.200.1/32"
    control.wait_applied(control.remove(first["public_key"]))
    assert set(agent.peers()) == {second["public_key"]}


def test_an_upsert_and_a_removal_cost_a_connected_customer_nothing(
    agent: AgentProcess, control: FakeControl, connect: Connect
) -> None:
    alice = connect(1)
    serve(agent, control, alice.peer)
    alice.connect(agent.public_key(), 51820)
    assert alice.ping()
    before = agent.peers()[alice.keys.public_key]
    bob = make_peer(20)
    control.wait_applied(control.upsert(bob))
    control.wait_applied(control.upsert({**bob, "allowed_ips": ["10.99.200.1/32"]}))
    control.wait_applied(control.remove(bob["public_key"]))
    assert alice.ping()
    after = agent.peers()[alice.keys.public_key]
    assert after[1] > before[1] > 3000
    wait_until(lambda: control.total(alice.keys.public_key)[0] == agent.peers()[alice.keys.public_key][1])
    epochs = {key[1] for key in control.usage if key[0] == alice.keys.public_key}
    assert len(epochs) == 1
    rows = [row for report in control.reports for row in report["peers"] if row[0] == alice.keys.public_key]
    assert rows[-1][4] == "online"


def test_final_counters_come_with_the_report_that_acknowledges_the_removal(
    agent: AgentProcess, control: FakeControl, connect: Connect
) -> None:
    alice = connect(1)
    control.report_interval_s = 30
    agent.enrol()
    serve(agent, control, alice.peer)
    alice.connect(agent.public_key(), 51820)
    assert alice.ping(5)
    counted = agent.peers()[alice.keys.public_key]
    report = control.wait_applied(control.remove(alice.keys.public_key))
    assert [row[:3] for row in report["peers"]] == [[alice.keys.public_key, counted[1], counted[2]]]
    assert report["state_hash"] is None


def test_killed_and_restarted_nothing_on_the_interface_changes(
    agent: AgentProcess, control: FakeControl, connect: Connect
) -> None:
    alice = connect(1)
    serve(agent, control, alice.peer, make_peer(2))
    alice.connect(agent.public_key(), 51820)
    assert alice.ping()
    wait_until(lambda: control.total(alice.keys.public_key)[0] > 3000)
    epochs_before = {report["interface_epoch"] for report in control.reports}
    agent.end(signal.SIGKILL)
    assert alice.ping()
    had = agent.peers()[alice.keys.public_key]
    control.reports.clear()
    agent.start()
    wait_until(lambda: bool(control.reports))
    assert alice.ping()
    wait_until(lambda: control.total(alice.keys.public_key)[0] == agent.peers()[alice.keys.public_key][1] > had[1])
    assert len({key[1] for key in control.usage if key[0] == alice.keys.public_key}) == 1
    assert {report["interface_epoch"] for report in control.reports} == epochs_before
    assert "interface_recreated" not in codes(control)
    assert "snapshot" not in [name for _, name in control.requests[-3:]]


def test_a_deleted_interface_is_back_with_all_peers_and_counts_anew(
    agent: AgentProcess, control: FakeControl, connect: Connect
) -> None:
    alice, others = connect(1), [make_peer(number) for number in range(20, 30)]
    serve(agent, control, alice.peer, *others)
    alice.connect(agent.public_key(), 51820)
    assert alice.ping()
    wait_until(lambda: control.total(alice.keys.public_key)[0] > 3000)
    counted = control.total(alice.keys.public_key)
    agent.space.run("ip", "link", "delete", agent.interface)
    seconds = wait_until(lambda: len(agent.peers()) == 11, 10, "the interface with its peers")
    assert seconds < 3
    wait_until(lambda: "interface_recreated" in codes(control))
    alice.space.run("wg", "set", alice.interface, "peer", agent.public_key(), "remove")
    config = f"[Peer]\nPublicKey = {agent.public_key()}\nAllowedIPs = 10.99.0.0/16\nEndpoint = 192.0.2.5:51820\n"
    alice.space.run("wg", "addconf", alice.interface, "/dev/stdin", stdin=config)
    assert alice.ping()
    real = agent.peers()[alice.keys.public_key]
    wait_until(lambda: control.total(alice.keys.public_key)[0] == counted[0] + real[1])
    assert len({key[1] for key in control.usage if key[0] == alice.keys.public_key}) == 2


def test_after_a_reboot_the_node_serves_before_it_speaks_to_anybody(agent: AgentProcess, control: FakeControl) -> None:
    serve(agent, control, *(make_peer(number) for number in range(5)))
    agent.end(signal.SIGKILL)
    agent.space.run("ip", "link", "delete", agent.interface)
    control.close()
    agent.start()
    wait_until(lambda: len(agent.peers()) == 5, 5, "peers from disk")


def test_a_foreign_peer_is_reported_and_removed(agent: AgentProcess, control: FakeControl) -> None:
    serve(agent, control, make_peer(1))
    stranger = make_peer(77)["public_key"]
    agent.space.run("wg", "set", agent.interface, "peer", stranger, "allowed-ips", "10.99.77.7/32")
    report = control.wait_report(lambda r: bool(r["notes"]))
    assert report["notes"] == [{"code": "foreign_peer_removed", "detail": stranger}]
    assert stranger not in agent.peers()
    assert not any(row[0] == stranger for row in report["peers"])


def test_a_peer_removed_or_bent_by_hand_comes_back(agent: AgentProcess, control: FakeControl) -> None:
    first, second = make_peer(1), make_peer(2)
    serve(agent, control, first, second)
    agent.space.run("wg", "set", agent.interface, "peer", first["public_key"], "remove")
    agent.space.run("wg", "set", agent.interface, "peer", second["public_key"], "allowed-ips", "10.99.50.50/32")
    wait_until(
        lambda: (
            {key: row[0] for key, row in agent.peers().items()}
            == {peer["public_key"]: ",".join(peer["allowed_ips"]) for peer in (first, second)}
        )
    )


def test_the_control_plane_is_away_and_comes_back(
    agent: AgentProcess, control: FakeControl, connect: Connect, space: Namespace
) -> None:
    alice = connect(1)
    serve(agent, control, alice.peer)
    alice.connect(agent.public_key(), 51820)
    assert alice.ping()
    port = control.port
    control.close()
    assert alice.ping(10)
    time.sleep(1.5)
    with space.inside():
        returned = FakeControl(port)
    try:
        returned.epoch, returned.revision = control.epoch, control.revision
        returned.peers, returned.ops = control.peers, control.ops
        wait_until(lambda: returned.total(alice.keys.public_key)[0] == agent.peers()[alice.keys.public_key][1])
        returned.wait_applied(returned.upsert(make_peer(3)))
    finally:
        returned.close()
    waits = [json.loads(line).get("retry_in_s") for line in agent.log.read_text().splitlines()]
    waits = [wait for wait in waits if wait is not None]
    assert len(set(waits)) > 2
    assert max(waits) <= 0.5


def test_a_node_follows_an_interface_that_staff_changed_without_losing_a_peer(
    agent: AgentProcess, control: FakeControl
) -> None:
    peers = [make_peer(number) for number in range(3)]
    serve(agent, control, *peers)
    control.interface.update(addresses=["10.99.0.1/16", "fd00:99:2::1/64"], listen_port=51999, mtu=1380)
    control.new_epoch()
    control.wait_applied(control.revision)
    shown = agent.space.run("ip", "address", "show", "dev", agent.interface)
    assert "mtu 1380" in shown
    assert "fd00:99:2::1/64" in shown
    assert "fd00:99::1/64" not in shown
    assert agent.space.run("wg", "show", agent.interface, "listen-port").strip() == "51999"
    assert len(agent.peers()) == 3
    wait_until(lambda: "fd00:99:2::/64" in agent.space.run("nft", "list", "ruleset"))
