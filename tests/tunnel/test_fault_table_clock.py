"""A node whose clock is off by a day: who is online, and how much was sent, is right all the same."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.stack import Stack
from tests.tunnel.conftest import Node
from tests.tunnel.customers import make_customer
from tests.tunnel.lab import WORLD_V4, Lab

pytestmark = pytest.mark.live


# libfaketime breaks Python's sleep, and time namespaces have no wall clock: the agent's own process is told another time.
_AGENT = """
import sys, time
from vpn.agent.main import main
right, wrong_by = time.time, float(sys.argv.pop(1))
time.time = lambda: right() + wrong_by
sys.exit(main())
"""
DAY_S = 86_400


class LostInTime(Node):
    """A node whose agent sees a wall clock that is `wrong_by` seconds ahead. wireguard-go, which it starts, keeps the right one."""

    wrong_by = DAY_S

    def _agent(self, what: str) -> list[str]:
        inside = ["ip", "netns", "exec", self.lab.node]
        return [*inside, sys.executable, "-c", _AGENT, str(self.wrong_by), what, "--state-dir", str(self.state)]


@pytest.fixture(scope="module")
def node(lab: Lab, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LostInTime]:
    made = LostInTime(lab, stack, tmp_path_factory.mktemp("node"), "demo-1")
    try:
        made.enrol()
        made.start()
        made.wait_online()
        yield made
    finally:
        made.teardown()


@pytest.mark.parametrize("wrong_by", [DAY_S, -DAY_S])
def test_online_states_and_usage_are_right_while_the_nodes_clock_is_wrong(
    lab: Lab, stack: Stack, node: LostInTime, tmp_path: Path, wrong_by: int
) -> None:
    customer = make_customer(lab, stack, tmp_path)
    # The clock is set while the agent is away; it finds the peer and its handshake. Then the customer connects anew.
    node.kill()
    node.wrong_by = wrong_by
    node.start()
    time.sleep(2)
    # The client's own counters begin anew with that.
    earlier_received, earlier_sent = customer.client.transferred()
    assert customer.client.connects_anew(WORLD_V4, 2)
    try:
        summary = customer.send(300)
        assert "300 received" in summary, summary
        deadline = time.monotonic() + 10
        while customer.shown()["connection"] != "online" or customer.usage()[0] < 300_000:
            assert time.monotonic() < deadline, (customer.shown(), customer.usage())
            time.sleep(0.1)
        # Counted as of our day, not of the node's.
        days = {
            row[0] for row in stack.sql("SELECT record_date - (now() AT TIME ZONE 'UTC')::date FROM vpn_usagerecord")
        }
        assert days <= {0, -1}
        time.sleep(2.5)
        received, sent = customer.client.transferred()
        received, sent = received + earlier_received, sent + earlier_sent
        up, down = customer.usage()
        print(
            f"\nclock {wrong_by:+} s: {up} of {sent} bytes up and {down} of {received} down are counted, {customer.shown()['connection']}"
        )
        assert sent - 2_000 <= up <= sent
        assert received - 2_000 <= down <= received + 2_000
        assert customer.shown()["connection"] == "online"
    finally:
        customer.client.down()
        customer.api("DELETE", f"devices/{customer.device}")
