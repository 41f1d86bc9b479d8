"""The local node's network appears whole, disappears whole, and takes no address that something else uses."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Network

import pytest

from nexusvpn.local import node_network
from nexusvpn.local.node_network import NodeNetwork, free_network
from nexusvpn.local.places import LocalServiceError

# Of this process alone: tests run side by side.
KEY = f"{os.getpid():09x}f"
needs_the_machine = pytest.mark.skipif(
    node_network.why_not() is not None, reason=f"no local node: {node_network.why_not()}"
)


def shown(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def network() -> Iterator[NodeNetwork]:
    network = NodeNetwork(KEY)
    yield network
    network.down()


@needs_the_machine
def test_the_namespace_reaches_this_machine_and_nothing_of_it_stays(network: NodeNetwork) -> None:
    network.up()
    assert not network.has_interface()
    shown(*network.command("ping", "-c", "1", "-W", "2", network.host_address))
    network.down()
    assert network.namespace not in shown("ip", "netns", "list")
    assert KEY not in shown("ip", "link", "show") + shown("nft", "list", "tables")


@needs_the_machine
def test_what_a_killed_run_left_is_removed_with_its_processes(network: NodeNetwork) -> None:
    network.up()
    command = network.command("sh", "-c", "echo inside; exec sleep 30")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as left_over:
        assert left_over.stdout is not None
        assert left_over.stdout.readline() == b"inside\n"
        NodeNetwork(KEY).down()
        assert left_over.wait(5) != 0
    network.up()


@needs_the_machine
def test_a_second_network_takes_other_addresses(network: NodeNetwork) -> None:
    network.up()
    other = NodeNetwork(KEY[::-1])
    try:
        other.up()
        assert other.node_address != network.node_address
    finally:
        other.down()


def test_a_used_network_is_passed_over() -> None:
    assert free_network([]) == IPv4Network("10.255.0.0/30")
    assert free_network([IPv4Network("10.255.0.0/29")]) == IPv4Network("10.255.0.8/30")
    assert free_network([IPv4Network("10.0.0.0/8")]) == IPv4Network("172.31.240.0/30")


def test_a_machine_without_a_free_network_is_told_so() -> None:
    with pytest.raises(LocalServiceError, match="no private network"):
        free_network([IPv4Network("0.0.0.0/0")])


def test_the_reason_for_no_node_is_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert node_network.why_not() == "it needs root"
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nowhere")
    assert node_network.why_not() == "ip and nft and wg not installed"
