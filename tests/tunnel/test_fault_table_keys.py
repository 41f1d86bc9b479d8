"""Keys that change, devices that come and go and credentials that end, under a running tunnel."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.stack import Stack
from tests.tunnel.conftest import Node
from tests.tunnel.customers import Customer, make_customer, served_by
from tests.tunnel.lab import WORLD_V4, Lab
from vpn.wireguard.config import PRIVATE_KEY_PLACEHOLDER
from vpn.wireguard.keys import generate_key_pair

pytestmark = pytest.mark.live


@pytest.fixture
def customer(lab: Lab, stack: Stack, node: Node, tmp_path: Path) -> Iterator[Customer]:
    made = make_customer(lab, stack, tmp_path)
    yield made
    made.client.down()
    made.api("DELETE", f"devices/{made.device}")
    wait_until(lambda: not keys(node), 10, "a removed device is still there")


def keys(node: Node) -> set[str]:
    """The public keys on the node's real interface."""
    return set(node.lab.in_("node", "wg", "show", node.interface, "peers").split())


def wait_until(true: Callable[[], bool], seconds: float, why: str) -> float:
    """Seconds that it took."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < seconds, why
        time.sleep(0.05)
    return round(time.monotonic() - started, 2)


def test_a_key_is_changed_under_a_running_ping_with_one_packet_lost_at_most(customer: Customer, node: Node) -> None:
    former, pair = customer.shown()["public_key"], generate_key_pair()
    client = customer.client
    command = ["ping", "-n", "-q", "-i", "0.2", "-c", "25", "-W", "1", WORLD_V4]
    inside = ["ip", "netns", "exec", client.lab.client]
    with subprocess.Popen([*inside, *command], stdout=subprocess.PIPE, text=True) as ping:
        time.sleep(1)
        rotated = customer.api("POST", f"devices/{customer.device}/rotate-key", {"public_key": pair.public_key})
        assert (rotated.status, rotated.data["state"]) == (200, "active")
        assert {former, pair.public_key} <= keys(node)
        time.sleep(0.5)
        set_key = ["wg", "set", client.interface, "private-key", "/dev/stdin"]
        subprocess.run([*inside, *set_key], input=pair.private_key, text=True, check=True)
        gone = wait_until(lambda: former not in keys(node), 3, "the former key is still there")
        summary, _ = ping.communicate()
    found = re.search(r"(\d+) received", summary)
    assert found is not None, summary
    print(f"\nkey changed: {25 - int(found[1])} of 25 lost, the former key gone {gone} s after the new one's use")
    assert int(found[1]) >= 24, summary
    # Whoever still has the former file is out.
    assert not client.connects_anew(WORLD_V4, 1)


def key_of(config: str) -> str:
    found = re.search(r"^PrivateKey = (.+)$", config, flags=re.MULTILINE)
    assert found is not None
    return found[1]


@contextmanager
def agent_away(node: Node) -> Iterator[None]:
    """It hears nothing of what is ordered meanwhile; only for some seconds, or the location counts as lost."""
    assert node.process is not None
    node.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        node.kill()
        node.start()


def test_a_device_deleted_and_made_again_while_the_agent_is_away_ends_right(customer: Customer, node: Node) -> None:
    form = {"name": "Laptop", "location": "demo-1"}
    key = customer.shown()["public_key"]
    with agent_away(node):
        assert customer.api("DELETE", f"devices/{customer.device}").data["state"] == "removing"
        # Its key is free again only once the node has let go of it.
        refused = customer.api("POST", "devices", {**form, "public_key": key})
        assert (refused.status, refused.body["error"]["code"]) == (409, "public_key_in_use")
        made = customer.api("POST", "devices", form)
        assert made.status == 201, made.body
        other = made.data
        assert other["state"] == "activating"
    gone = wait_until(lambda: customer.shown()["state"] == "removed", 15, "the removal is not confirmed")
    wait_until(lambda: keys(node) == {other["public_key"]}, 5, "the interface holds somebody else")
    assert not customer.client.connects_anew(WORLD_V4)
    node.wait_online()
    with agent_away(node):
        customer.api("DELETE", f"devices/{other['id']}")
        made = customer.api("POST", "devices", {**form, "public_key": key})
        assert made.status == 201, made.body
        again = made.data
    back = wait_until(lambda: keys(node) == {key}, 15, "the interface does not hold the key that came back")
    config = customer.api("GET", f"devices/{again['id']}/config").data["config"]
    customer.client.down()
    customer.client.up(config.replace(PRIVATE_KEY_PLACEHOLDER, f"PrivateKey = {key_of(customer.config)}"))
    customer.client.wait_until_reaches(WORLD_V4, 5)
    print(f"\nmade again: from the agent's start {gone} s to the removal, {back} s to the same key again")
    customer.device = again["id"]


def test_a_second_agent_with_a_copy_of_the_memory_is_refused_and_nothing_is_counted_twice(
    lab: Lab, stack: Stack, node: Node, tmp_path: Path
) -> None:
    twin = Node(lab, stack, tmp_path, node.server)
    shutil.copytree(node.state, twin.state)
    twin.start()
    assert twin.process is not None
    # Made after the copy: each of two agents would count its bytes under a counter epoch of its own.
    customer = make_customer(lab, stack, tmp_path)
    try:
        seen = set()
        for _ in range(10):
            summary = customer.send(50)
            assert "50 received" in summary, summary
            time.sleep(0.3)
            locations = customer.api("GET", "locations").data["items"]
            seen.add(
                (customer.shown()["state"], *(place["online"] for place in locations if place["slug"] == "demo-1"))
            )
        assert seen == {("active", True)}
        wait_until(lambda: customer.usage()[0] >= 500_000, 10, f"only {customer.usage()} is counted")
        time.sleep(2.5)
        received, sent = customer.client.transferred()
        up, down = customer.usage()
        print(f"\ntwo agents: {up} of {sent} bytes up and {down} of {received} down are counted")
        assert up <= sent
        assert down <= received + 2_000
        assert twin.process.wait(5) == 1
        assert "another agent is serving" in (tmp_path / "agent.log").read_text()
    finally:
        twin.kill()
        customer.client.down()
        customer.api("DELETE", f"devices/{customer.device}")


def test_a_node_whose_credential_ended_keeps_its_tunnels_and_learns_nothing_new(
    customer: Customer, stack: Stack, node: Node
) -> None:
    before = keys(node)
    served_by(
        stack,
        "from vpn.models import Server\nfrom vpn.services.nodes import revoke_credential\n"
        "revoke_credential(Server.objects.get(name='demo-1'))\n",
    )
    try:
        assert customer.api("DELETE", f"devices/{customer.device}").data["state"] == "removing"
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline:
            assert customer.client.reaches(WORLD_V4)
            assert customer.shown()["state"] == "removing"
            time.sleep(0.3)
        assert keys(node) == before
    finally:
        stack.sql("UPDATE vpn_nodetoken SET revoked_at = NULL WHERE kind = 'credential'")
        node.kill()
        node.start()
    wait_until(lambda: customer.shown()["state"] == "removed", 15, "the removal is not confirmed")
    assert not customer.client.reaches(WORLD_V4)
