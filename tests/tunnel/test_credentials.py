"""A real node changes its credential when staff order it, and nothing is interrupted by that."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.live.stack import Stack
from tests.tunnel.conftest import Node

pytestmark = pytest.mark.live

ORDER = """
from vpn.models import Server
from vpn.services.credentials import order_rotation
order_rotation(Server.objects.get(name="demo-1"))
"""
TOKENS = "SELECT kind, revoked_at IS NULL FROM vpn_nodetoken WHERE kind <> 'enrolment' ORDER BY id"
REVISION = "UPDATE vpn_server SET revision = revision + 1 WHERE name = 'demo-1' RETURNING revision"
APPLIED = """
SELECT n.applied_revision FROM vpn_nodestatus n JOIN vpn_server s ON s.id = n.server_id WHERE s.name = 'demo-1'
"""


def credential(state: Path) -> str:
    return str(json.loads((state / "identity.json").read_text())["credential"])


def wait_until_applied(stack: Stack, revision: int) -> float:
    started = time.monotonic()
    while stack.sql(APPLIED)[0][0] < revision:
        assert time.monotonic() - started < 10, stack.logs()
        time.sleep(0.02)
    return time.monotonic() - started


def test_the_node_takes_the_new_one_with_its_next_report_and_follows_on(stack: Stack, node: Node) -> None:
    former = credential(node.state)
    stack.manage("shell", "--verbosity", "0", "-c", ORDER)
    give_up = time.monotonic() + 10
    while stack.sql(TOKENS) != [("credential", False), ("credential", True)]:
        assert time.monotonic() < give_up, (stack.sql(TOKENS), (node.folder / "agent.log").read_text())
        time.sleep(0.1)
    new = credential(node.state)
    assert new != former
    # The request that hung with the former one does not keep the node from what changes now.
    took = wait_until_applied(stack, stack.sql(REVISION)[0][0])
    print(f"\nthe first change after the rotation was confirmed after {took:.2f} s")
    assert took < 3
    assert stack.api("GET", "node/snapshot", token=former).status == 401
    node.kill()
    node.start()
    wait_until_applied(stack, stack.sql(REVISION)[0][0])
