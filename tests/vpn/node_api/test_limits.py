"""Nodes have limits of their own: calls per node, and failed credentials per address."""

from __future__ import annotations

import time

import pytest

from nexusvpn import ratelimit
from tests.api_client import ApiClient
from tests.queries import recorded_queries
from tests.vpn.node_api.conftest import NodeClient

pytestmark = pytest.mark.django_db
STRANGER = {"remote_addr": "203.0.113.9"}


@pytest.fixture(autouse=True)
def _whole_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """One moment for the whole test, so that no window ends within it."""
    now = time.time()
    monkeypatch.setattr("django_ratelimit.core.time.time", lambda: now)


@pytest.mark.parametrize("path", ["node/state?after=0", "node/snapshot"])
def test_the_31st_failed_credential_of_an_address_is_429_and_looks_nothing_up(node: NodeClient, path: str) -> None:
    wrong = ApiClient("nvn_wrong")
    assert [wrong.get(path, **STRANGER).status for _ in range(30)] == [401] * 30
    with recorded_queries() as statements:
        answer = wrong.get(path, **STRANGER)
    assert (answer.status, answer.code) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) > 0
    assert statements == []


def test_a_right_credential_waits_too_where_so_many_failed(node: NodeClient) -> None:
    """Otherwise the answer would tell a guesser that this one is right."""
    wrong = ApiClient("nvn_wrong")
    for _ in range(30):
        wrong.get("node/snapshot", **STRANGER)
    assert node.get("node/snapshot", **STRANGER).status == 429


def test_a_strangers_failures_elsewhere_do_not_hurt_a_node(node: NodeClient) -> None:
    wrong = ApiClient(None)
    for _ in range(40):
        wrong.post("node/report", {}, **STRANGER)
    assert node.report().status == 200


def test_a_nodes_own_calls_are_no_failures(node: NodeClient) -> None:
    assert {node.get("node/snapshot").status for _ in range(40)} == {200}


def test_calls_count_for_their_node(node: NodeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vpn.node_api.authentication.NODE", ratelimit.Limit("node", "3/m"))
    assert [node.get("node/snapshot", remote_addr=f"192.0.2.{n}").status for n in range(4)] == [200] * 3 + [429]


def test_enrolments_count_for_their_address() -> None:
    body = {"token": "nve_x", "public_key": "x", "agent_version": "0.1.0", "protocol_version": 1}
    assert [ApiClient(None).post("node/enrol", body).status for _ in range(11)] == [400] * 10 + [429]
