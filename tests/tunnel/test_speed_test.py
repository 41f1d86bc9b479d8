"""The node's speed test is there for whoever comes through the tunnel, and for nobody else."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.live.stack import Stack
from tests.tunnel.client import TunnelClient
from tests.tunnel.conftest import Node
from tests.tunnel.lab import Lab

pytestmark = pytest.mark.live
PORT = 8377
# Prints the status and the size of the answer, or "nothing".
ASK = """
import sys, urllib.request
url, sent = sys.argv[1], int(sys.argv[2])
try:
    with urllib.request.urlopen(url, data=b"x" * sent if sent else None, timeout=5) as reply:
        body = reply.read()
        print(reply.status, body.decode() if sent else len(body))
except OSError:
    print("nothing")
"""


def ask(lab: Lab, machine: str, url: str, sent: int = 0) -> str:
    return lab.in_(machine, sys.executable, "-c", ASK, url, str(sent)).strip()


def test_through_the_tunnel_it_measures_and_from_outside_it_is_not_there(
    lab: Lab, stack: Stack, node: Node, tmp_path: Path
) -> None:
    token = stack.new_customer("speed@example.com")
    made = stack.api("POST", "devices", {"name": "Laptop", "location": "demo-1"}, token)
    assert made.status == 201, made.body
    (inside,) = stack.sql("SELECT host(host(network_v4)::inet + 1) FROM vpn_server WHERE name = 'demo-1'")[0]
    url = f"http://{inside}:{PORT}"
    client = TunnelClient(lab, tmp_path)
    client.up(made.data["config"])
    try:
        deadline = time.monotonic() + 5
        while not ask(lab, "client", url).startswith("200 "):
            assert time.monotonic() < deadline, "the page of the speed test does not answer through the tunnel"
            time.sleep(0.1)
        assert ask(lab, "client", f"{url}/down?bytes=2000000") == "200 2000000"
        assert ask(lab, "client", f"{url}/up", sent=500_000) == "200 500000"
    finally:
        client.down()
    lab.in_("world", "ip", "route", "replace", f"{inside}/32", "via", lab.node_address)
    for address in (lab.node_address, inside):
        assert ask(lab, "world", f"http://{address}:{PORT}/") == "nothing"
