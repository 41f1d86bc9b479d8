"""A node that lies in its reports, and a location that is lost while somebody asks for it: answers with a code, nothing half made."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.invariants import queries
from tests.live.stack import Stack, call
from tests.tunnel.conftest import Node
from tests.tunnel.customers import WITHIN_S, Customer, make_customer
from tests.tunnel.lab import WORLD_V4, Lab
from vpn.wireguard.keys import generate_key_pair

pytestmark = pytest.mark.live
STRANGER = "A" * 43 + "="


@pytest.fixture
def customer(lab: Lab, stack: Stack, node: Node, tmp_path: Path) -> Iterator[Customer]:
    made = make_customer(lab, stack, tmp_path)
    yield made
    made.client.down()
    made.api("DELETE", f"devices/{made.device}")


def assert_invariants(stack: Stack) -> None:
    for query in queries():
        assert stack.sql(query) == [], query


def credential(node: Node) -> str:
    return str(json.loads((node.state / "identity.json").read_text())["credential"])


def report(stack: Stack, peers: list[list[Any]]) -> dict[str, Any]:
    epoch = stack.sql("SELECT epoch FROM vpn_server WHERE name = 'demo-1'")[0][0]
    return {
        "report_id": 1,
        "epoch": str(epoch),
        "applied_rev": 0,
        "interface_epoch": "boot:1",
        "state_hash": None,
        "agent_version": "0.1.0",
        "protocol_version": 1,
        "peers": peers,
        "load": {},
        "notes": [],
    }


def test_of_a_hostile_report_the_good_rows_count_and_a_shapeless_one_changes_nothing(
    customer: Customer, stack: Stack, node: Node
) -> None:
    url, secret = f"{stack.url}/api/v1/node/report", credential(node)
    key = customer.shown()["public_key"]
    former = make_former_device(customer, stack)
    hostile: list[list[Any]] = [
        [key, -1, 1, 11, "online"],
        [key, 2**63, 1, 12, "online"],
        [key, float("nan"), 1, 13, "online"],
        [STRANGER, 1, 1, 14, "online"],
        [former, 1, 1, 15, "online"],
    ]
    before = customer.usage()
    good = [key, 700, 900, 16, "online"]
    answer = call("POST", url, report(stack, [row for row in hostile if row[1] == row[1]] + [good]), secret)
    assert (answer.status, answer.data["accepted"]) == (200, 1)
    reasons = [row["reason"] for row in answer.data["set_aside"]]
    assert reasons == ["negative", "too_large", "unknown_peer", "unknown_peer"]
    up, down = customer.usage()
    assert up - before[0] >= 700
    assert down - before[1] >= 900
    # NaN is no JSON, and one row more than a report holds is no report.
    for peers in (hostile[2:3], [[key, 1, 1, number, "online"] for number in range(100, 5101)]):
        assert call("POST", url, report(stack, [*peers, [key, 10**6, 10**6, 17, "online"]]), secret).status == 400
    assert customer.usage()[0] < 10**6
    assert_invariants(stack)


def make_former_device(customer: Customer, stack: Stack) -> str:
    """The key of a device of another person that the node has let go of."""
    stack.sql("TRUNCATE nexusvpn_counter")
    token = stack.new_customer(f"g{time.monotonic_ns()}@example.com")
    made = stack.api("POST", "devices", {"name": "Gone", "location": "demo-1"}, token).data
    stack.api("DELETE", f"devices/{made['id']}", token=token)
    deadline = time.monotonic() + 10
    while stack.api("GET", f"devices/{made['id']}", token=token).data["state"] != "removed":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return str(made["public_key"])


def test_a_report_of_a_byte_too_many_is_refused_before_it_is_read(customer: Customer, stack: Stack, node: Node) -> None:
    link = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=20)
    link.putrequest("POST", "/api/v1/node/report")
    link.putheader("Authorization", f"Bearer {credential(node)}")
    link.putheader("Content-Type", "application/json")
    link.putheader("Content-Length", str(4 * 1024 * 1024 + 1))
    link.endheaders()
    with closing(link), link.getresponse() as answer:
        assert (answer.status, json.loads(answer.read())["error"]["code"]) == (413, "payload_too_large")
    assert customer.client.reaches(WORLD_V4)
    assert_invariants(stack)


def test_whoever_asks_for_a_location_that_is_just_lost_gets_a_place_or_a_code(
    customer: Customer, stack: Stack, node: Node, lab: Lab
) -> None:
    stack.put_in_service("demo-2", generate_key_pair().public_key)
    stack.sql(
        "INSERT INTO billing_plangrant (user_id, plan_id, reason, created_at, end_noticed)"
        " SELECT u.id, p.id, 'test', now(), false FROM accounts_user u, billing_plan p WHERE u.email = %s AND p.code = 'pro'",
        customer.email,
    )
    made = customer.api("POST", "devices", {"name": "Elsewhere", "location": "demo-2"})
    assert made.status == 201, made.body
    held = "SELECT count(*) FROM vpn_ipassignment a JOIN vpn_vpnconfig d ON d.id = a.device_id WHERE d.id = %s"
    lab.pull_cable("node")
    try:
        codes: list[tuple[int, str]] = []
        began = time.monotonic()
        while not codes:
            asked = customer.api("POST", "devices", {"name": "Another", "location": "demo-1"})
            if asked.status == 201:
                customer.api("DELETE", f"devices/{asked.data['id']}")
            else:
                codes.append((asked.status, asked.body["error"]["code"]))
            assert time.monotonic() - began < 2 * WITHIN_S
        asked = customer.api("GET", f"devices/{made.data['id']}/config?location=demo-1")
        codes.append((asked.status, asked.body["error"]["code"]))
        assert codes == [(409, "location_unavailable")] * 2
        assert stack.sql(held, made.data["id"]) == [(1,)]
        assert "Another" not in [item["name"] for item in customer.api("GET", "devices").data["items"]]
        assert_invariants(stack)
    finally:
        lab.plug_in("node")
    began = time.monotonic()
    while customer.api("GET", f"devices/{made.data['id']}/config?location=demo-1").status != 200:
        assert time.monotonic() - began < WITHIN_S
        time.sleep(0.1)
    print(f"\na place there {time.monotonic() - began:.2f} s after the cable is back")


def test_a_full_location_is_said_over_http_and_nothing_is_half_made(
    customer: Customer, stack: Stack, node: Node
) -> None:
    """Its network has room for more, so the pool is emptied as if everybody had come."""
    before = stack.sql("SELECT next_host, revision FROM vpn_server WHERE name = 'demo-1'")[0]
    server = "(SELECT id FROM vpn_server WHERE name = 'demo-1')"
    kept = stack.sql(f"DELETE FROM vpn_freeaddress WHERE server_id = {server} RETURNING host, available_at")
    stack.sql("UPDATE vpn_server SET next_host = (1 << (32 - masklen(network_v4::cidr))) - 1 WHERE name = 'demo-1'")
    try:
        tables = ("vpn_vpnconfig", "vpn_ipassignment", "vpn_peer", "vpn_freeaddress")
        counts = [stack.sql(f"SELECT count(*) FROM {table}") for table in tables]
        stack.sql("TRUNCATE nexusvpn_counter")
        token = stack.new_customer(f"h{time.monotonic_ns()}@example.com")
        for _ in range(2):
            refused = stack.api("POST", "devices", {"name": "Laptop", "location": "demo-1"}, token)
            assert (refused.status, refused.body["error"]["code"]) == (409, "location_full")
        assert [stack.sql(f"SELECT count(*) FROM {table}") for table in tables] == counts
        assert stack.sql("SELECT revision FROM vpn_server WHERE name = 'demo-1'")[0][0] == before[1]
        assert customer.client.reaches(WORLD_V4)
    finally:
        stack.sql("UPDATE vpn_server SET next_host = %s WHERE name = 'demo-1'", before[0])
        for host, available_at in kept:
            stack.sql(
                f"INSERT INTO vpn_freeaddress (server_id, host, available_at) VALUES ({server}, %s, %s)",
                host,
                available_at,
            )
    assert stack.api("POST", "devices", {"name": "Laptop", "location": "demo-1"}, token).status == 201
    assert_invariants(stack)
