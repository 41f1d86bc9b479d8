"""What the benchmarks of usage send, and that both halves of P6 write the same."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client

from bench.ingest import _BARE, ReportingNode, in_turn, make_nodes
from tests.invariants import assert_invariants
from vpn.models import NodeStatus, UsageCounter, UsageRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def node() -> ReportingNode:
    return make_nodes(1, 10)[0]


def report(node: ReportingNode) -> dict[str, object]:
    """Send the next request as the load generator would."""
    body = node.next_request().partition("\r\n\r\n")[2]
    headers = {"Authorization": f"Bearer {node.credential}"}
    answer = Client().post("/api/v1/node/report", body, content_type="application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    return dict(json.loads(answer.content)["data"])


def merge_bare(node: ReportingNode) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BARE, node.next_parameters())


def written() -> tuple[int, int, int, int]:
    counters = UsageCounter.objects.aggregate(rx=Sum("rx"), tx=Sum("tx"))
    days = UsageRecord.objects.aggregate(up=Sum("bytes_up"), down=Sum("bytes_down"))
    return counters["rx"], counters["tx"], days["up"], days["down"]


def test_every_row_of_a_report_is_taken_and_the_interface_is_in_order(node: ReportingNode) -> None:
    answer = report(node)
    assert (answer["accepted"], answer["set_aside"], answer["resync"]) == (10, [], False)
    assert NodeStatus.objects.get().in_sync is True


def test_the_bare_statement_writes_what_a_report_writes(node: ReportingNode) -> None:
    for number, step in enumerate((report, merge_bare, report, merge_bare, merge_bare, report), start=1):
        step(node)
        up, down = (sum(number * (base + n) for n in range(10)) for base in (1000, 9000))
        assert written() == (up, down, up, down)
    assert_invariants()


def test_nodes_report_one_after_the_other() -> None:
    nodes = make_nodes(3, 5)
    assert [node.server.pk for node in in_turn(nodes, 2)] == [node.server.pk for node in [*nodes, *nodes]]
