"""Faults under real traffic: no tunnel is cut, no byte is lost or counted twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.stack import Stack
from tests.tunnel.client import TunnelClient
from tests.tunnel.conftest import Node
from tests.tunnel.lab import WORLD_V4, Lab

pytestmark = pytest.mark.live


@dataclass
class Customer:
    """A customer with a tunnel that carries traffic."""

    stack: Stack
    client: TunnelClient
    token: str

    def usage(self) -> tuple[int, int]:
        data = self.stack.api("GET", "usage", token=self.token).data
        return data["bytes_up"], data["bytes_down"]

    def send(self, packets: int) -> None:
        """Pings of 1,000 bytes; every one must be answered."""
        command = ["ping", "-n", "-q", "-i", "0.002", "-W", "1", "-c", str(packets), "-s", "1000", WORLD_V4]
        summary = self.client.lab.in_("client", *command)
        assert f"{packets} received" in summary, summary

    def settled_usage(self, at_least: int, seconds: float = 15) -> tuple[int, int]:
        """The usage once it has passed `at_least` bytes up and then stood still for over two reports."""
        deadline = time.monotonic() + seconds
        last, since = self.usage(), time.monotonic()
        while time.monotonic() < deadline:
            time.sleep(0.2)
            now = self.usage()
            if now != last:
                last, since = now, time.monotonic()
            elif last[0] >= at_least and time.monotonic() - since > 2.5:
                return last
        raise AssertionError(f"usage stands at {last}, expected at least {at_least} up")


@pytest.fixture
def customer(lab: Lab, stack: Stack, node: Node, tmp_path: Path) -> Iterator[Customer]:
    # Three registrations a minute are allowed from one address; this suite makes more.
    stack.sql("TRUNCATE nexusvpn_counter")
    token = stack.new_customer(f"c{time.monotonic_ns()}@example.com")
    made = stack.api("POST", "devices", {"name": "Laptop", "location": "demo-1"}, token)
    client = TunnelClient(lab, tmp_path)
    client.up(made.data["config"])
    client.wait_until_reaches(WORLD_V4, 5)
    yield Customer(stack, client, token)
    client.down()


def test_with_the_control_plane_gone_tunnels_work_and_the_usage_of_the_meantime_arrives_once(
    customer: Customer, stack: Stack, node: Node
) -> None:
    customer.send(100)
    before = customer.settled_usage(100_000)
    stack.stop_control_plane()
    customer.send(400)
    time.sleep(2)
    customer.send(100)
    stack.start_control_plane()
    after = customer.settled_usage(before[0] + 500_000, seconds=40)
    received, sent = customer.client.transferred()
    assert 500_000 <= after[0] - before[0] < 600_000
    # Once: what the node counted is what the client sent, but for keepalives under way.
    assert sent - 2_000 <= after[0] <= sent
    assert received - 2_000 <= after[1] <= received + 2_000


def test_an_agent_killed_and_restarted_loses_no_packet_and_no_byte(customer: Customer, node: Node) -> None:
    customer.send(100)
    node.kill()
    customer.send(200)
    node.start()
    customer.send(200)
    up, _ = customer.settled_usage(500_000)
    sent = customer.client.transferred()[1]
    assert sent - 2_000 <= up <= sent


def test_a_device_added_while_the_agent_is_down_works_once_it_is_back(
    customer: Customer, stack: Stack, node: Node
) -> None:
    node.kill()
    stack.sql(
        "INSERT INTO billing_plangrant (user_id, plan_id, reason, created_at, end_noticed) SELECT s.user_id, p.id, 'test', now(), false"
        " FROM accounts_session s, billing_plan p WHERE p.code = 'basic'"
    )
    made = stack.api("POST", "devices", {"name": "Phone", "location": "demo-1"}, customer.token)
    assert (made.status, made.data["state"]) == (201, "activating")
    node.start()
    deadline = time.monotonic() + 10
    while stack.api("GET", f"devices/{made.data['id']}", token=customer.token).data["state"] != "active":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    customer.client.down()
    customer.client.up(made.data["config"])
    customer.client.wait_until_reaches(WORLD_V4, 5)


def test_an_interface_deleted_by_hand_comes_back_with_its_peers_and_usage_goes_on(
    customer: Customer, node: Node, lab: Lab
) -> None:
    customer.send(100)
    before = customer.settled_usage(100_000)
    lab.in_("node", "ip", "link", "del", node.interface)
    # A client notices that its session is gone 15 s after the first unanswered packet, and shakes hands anew.
    customer.client.wait_until_reaches(WORLD_V4, 40)
    customer.send(100)
    after = customer.settled_usage(before[0] + 100_000)
    sent = customer.client.transferred()[1]
    # At most the bytes since the last sample are lost with the interface; none is counted twice.
    assert before[0] + 100_000 <= after[0] <= sent
