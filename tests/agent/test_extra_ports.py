"""Further UDP ports that lead to WireGuard's: where they are open, where they are not, and who says so."""

import shutil
import socket
from pathlib import Path

import pytest

from tests.agent.fake_control import FakeControl
from tests.agent.namespaces import Namespace, wait_until
from tests.agent.nodes import Connect, MakeNode, snapshot
from tests.agent.processes import AgentProcess
from vpn.agent.identity import load_identity
from vpn.agent.node import Node
from vpn.agent.reports import ReportWriter


def offered(node: Node) -> list[int]:
    """Return what the next report after a tick says."""
    return list(ReportWriter(node).write(node.tick(), finals_only=False).body["ports"])


def listener(address: str, port: int) -> socket.socket:
    """Return a local service."""
    service = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    service.bind((address, port))
    return service


@pytest.mark.parametrize("by_ipv6", [False, True])
def test_a_customer_gets_through_by_an_extra_port_until_it_is_closed(
    agent: AgentProcess, control: FakeControl, connect: Connect, by_ipv6: bool
) -> None:
    alice = connect(1)
    control.interface["extra_ports"] = [443, 53, 123]
    agent.enrol()
    control.upsert(alice.peer)
    agent.start()
    control.wait_report(lambda report: report["ports"] == [53, 123, 443])
    control.wait_applied(control.revision)
    if by_ipv6:
        reach = ("ping", "-c", "1", "-W", "0.5", "2001:db8:c:1::1")
        wait_until(lambda: "1 received" in alice.space.run(*reach, check=False), why="IPv6 on a new cable")
    alice.connect(agent.public_key(), 443, by_ipv6=by_ipv6)
    assert alice.ping()
    wait_until(lambda: control.total(alice.keys.public_key)[0] > 3000)
    control.interface["extra_ports"] = []
    control.new_epoch()
    control.wait_report(lambda report: report["epoch"] == control.epoch and report["ports"] == [])
    assert "redirect" not in agent.space.run("nft", "list", "ruleset")
    agent.end()
    agent.command("teardown")
    assert "nexusvpn" not in agent.space.run("nft", "list", "ruleset")


def test_ports_survive_a_restart_and_the_tunnels_own_is_none_of_them(make_node: MakeNode) -> None:
    node = make_node()
    node.apply_snapshot(snapshot({}, extra_ports=(443, 51820)))
    assert node.offered_ports == (443,), "at once, not at the next tick"
    assert load_identity(node.state_dir).settings.extra_ports == (443,)
    assert offered(node) == [443]


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.77", "::", "2001:db8::77", "::ffff:192.0.2.77"])
def test_a_port_that_somebody_on_the_node_serves_is_left_to_them(
    make_node: MakeNode, space: Namespace, address: str
) -> None:
    for own in ("192.0.2.77", "2001:db8::77"):
        space.run("ip", "address", "add", own, "dev", "lo")
    node = make_node()
    node.apply_snapshot(snapshot({}, extra_ports=(53, 443)))
    with listener(address, 53):
        assert offered(node) == [443]
        assert "udp dport 443 redirect to :51820" in space.run("nft", "list", "ruleset")
    assert offered(node) == [53, 443]


@pytest.mark.parametrize("address", ["127.0.0.53", "::1", "::ffff:127.0.0.1"])
def test_a_resolver_for_the_node_alone_is_in_nobodys_way(make_node: MakeNode, space: Namespace, address: str) -> None:
    node = make_node()
    node.apply_snapshot(snapshot({}, extra_ports=(53,)))
    with listener(address, 53) as service, listener("127.0.0.1", 0) as asker:
        assert offered(node) == [53]
        if service.family == socket.AF_INET:
            asker.sendto(b"question", ("127.0.0.53", 53))
            service.settimeout(2)
            assert service.recv(100) == b"question", "and still hears the node's own programs"


def test_what_the_node_only_forwards_is_not_redirected(make_node: MakeNode, connect: Connect) -> None:
    node = make_node()
    node.apply_snapshot(snapshot({}, extra_ports=(443,)))
    near, far = connect(1), connect(2)
    near.space.run("ip", "route", "add", "192.0.2.8/30", "via", "192.0.2.5")
    far.space.run("ip", "route", "add", "192.0.2.4/30", "via", "192.0.2.9")
    with far.space.inside():
        service = listener("0.0.0.0", 443)
    with near.space.inside():
        asker = listener("0.0.0.0", 0)
    with service, asker:
        service.settimeout(2)
        asker.sendto(b"passing by", ("192.0.2.10", 443))
        assert service.recv(100) == b"passing by"


def test_nothing_is_offered_while_the_redirect_cannot_be_made(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    node = make_node()
    node.apply_snapshot(snapshot({}, extra_ports=(443,)))
    assert offered(node) == [443]
    for tool in ("ip", "wg"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))  # everything but nft
        assert offered(node) == []
    assert offered(node) == [443]
