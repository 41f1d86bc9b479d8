"""Sign up, add a device, get a working tunnel: over the real server, with a real node and real packets."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.live.stack import Stack
from tests.tunnel.client import TunnelClient
from tests.tunnel.conftest import Node
from tests.tunnel.lab import WORLD_V4, WORLD_V6, Lab

pytestmark = pytest.mark.live


def usage(stack: Stack, token: str) -> tuple[int, int]:
    data = stack.api("GET", "usage", token=token).data
    return data["bytes_up"], data["bytes_down"]


def test_a_new_customer_gets_a_working_tunnel_and_loses_it_on_revocation(
    lab: Lab, stack: Stack, node: Node, tmp_path: Path
) -> None:
    token = stack.new_customer("traveller@example.com")
    client = TunnelClient(lab, tmp_path)

    started = time.monotonic()
    made = stack.api("POST", "devices", {"name": "Laptop", "location": "demo-1"}, token)
    answered = time.monotonic() - started
    assert made.status == 201, made.body
    assert made.data["state"] == "active"
    client.up(made.data["config"])
    client.wait_until_reaches(WORLD_V4, 5)
    first_packet = time.monotonic() - started
    print(
        f"\nPOST devices answered in {answered * 1000:.0f} ms; first packet answered after {first_packet * 1000:.0f} ms"
    )
    assert first_packet < 1.0

    # Both families, to the world behind the node and back.
    assert client.reaches(WORLD_V6)
    before = usage(stack, token)
    lab.in_("client", "ping", "-n", "-q", "-i", "0.002", "-c", "200", "-s", "1000", WORLD_V4)
    received, sent = client.transferred()
    assert sent > 200_000
    assert received > 200_000

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and usage(stack, token)[0] < before[0] + 200_000:
        time.sleep(0.1)
    up, down = usage(stack, token)
    # The node counts what WireGuard counts, so the figures differ only by what is under way.
    assert 200_000 < up <= client.transferred()[1]
    assert 200_000 < down <= client.transferred()[0] + 2_000

    listed = stack.api("GET", "devices", token=token).data["items"][0]
    assert listed["connection"] == "online"

    assert stack.api("DELETE", f"devices/{made.data['id']}", token=token).status == 200
    deadline = time.monotonic() + 5
    while client.reaches(WORLD_V4, 0.3):
        assert time.monotonic() < deadline, "the removed device still has traffic"
    client.down()
