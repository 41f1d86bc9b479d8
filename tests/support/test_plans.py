"""Every list of tickets and messages, as PostgreSQL executes it: by an index in its own order, whatever the size of the table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from bench.desk import Asked, analyze, fill_desk, lists, statements_of
from tests.factories.billing import make_plans

pytestmark = pytest.mark.django_db
TICKETS = 10_000
# Pages of 8 kB. A page of a list shows fifty rows, each with its customer, assignee, tags and plan.
MOST_BUFFERS = 1500
BIG = {"support_ticket", "support_ticketmessage", "support_attachment", "accounts_user"}
# List, and the index that gives its rows in its order.
INDEXES = {
    "my tickets": "ticket_user_updated_idx",
    "my thread": "message_ticket_created_idx",
    "inbox: waiting": "ticket_open_due_idx",
    "inbox: mine": "ticket_assignee_due_idx",
    "inbox: unassigned": "ticket_unassigned_idx",
    "inbox: overdue": "ticket_open_due_idx",
    "inbox: answered": "ticket_status_updated_idx",
    # Nearly all are closed, so that either order has them next to each other.
    "inbox: closed": "ticket_status_updated_idx|ticket_updated_idx",
    "inbox: all": "ticket_updated_idx",
    "inbox, page 20": "ticket_status_updated_idx|ticket_updated_idx",
    "inbox, of a priority": "ticket_open_due_idx",
    "inbox, of a colleague": "ticket_assignee_due_idx",
    "staff's thread": "message_ticket_created_idx",
    "staff's thread, earlier": "message_ticket_created_idx",
    "staff's home": "ticket_unassigned_idx",
}
# What is found by something else than the view has its few rows sorted.
FOUND = {
    "inbox, of a tag": "tags",
    "inbox, found by a word": "ticket_subject_idx",
    "inbox, found by an address": "ticket_user_updated_idx",
}


@pytest.fixture(scope="module")
def asked(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, list[Asked]]]:
    """The statements of every list, in a database with so many tickets and ten times as many messages."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_plans()
        fill_desk(TICKETS)
        analyze()
        with connection.cursor() as cursor:
            # Tables of this size are read whole sooner than those that the indexes are for.
            cursor.execute("SET LOCAL enable_seqscan = off")
        yield {name: statements_of(ask) for name, ask in lists().items()}
        transaction.set_rollback(True)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def plans(statements: list[Asked]) -> list[dict[str, Any]]:
    return [each.explain()["Plan"] for each in statements]


def scanned(plan: dict[str, Any]) -> set[str]:
    """The big tables that are read from beginning to end."""
    return {node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"} & BIG


def sorts(plan: dict[str, Any]) -> list[str]:
    """Sorts of more than the tags of one ticket."""
    found = (node for node in nodes(plan) if node["Node Type"] in ("Sort", "Incremental Sort"))
    return [
        str(node["Sort Key"])
        for node in found
        if "SubPlan" not in node.get("Subplan Name", "") and node["Actual Rows"] > 20
    ]


@pytest.mark.parametrize("name", [*INDEXES, *FOUND])
def test_a_list_reads_its_index_and_little_else(asked: dict[str, list[Asked]], name: str) -> None:
    found = plans(asked[name])
    used = {node.get("Index Name", "") for plan in found for node in nodes(plan)}
    assert any(re.search(INDEXES.get(name) or FOUND[name], index) for index in used), used
    for plan in found:
        assert not scanned(plan)
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= MOST_BUFFERS
        if name in INDEXES:
            assert not sorts(plan)


@pytest.mark.parametrize("name", [*INDEXES, *FOUND])
def test_a_list_is_two_queries_at_most(asked: dict[str, list[Asked]], name: str) -> None:
    # The home asks three questions.
    most = {"staff's home": 3}.get(name, 2)
    assert 1 <= len(asked[name]) <= most, [each.sql[:200] for each in asked[name]]


def test_a_list_that_no_index_serves_would_be_noticed(asked: dict[str, list[Asked]]) -> None:
    """The negative control: the same list without its index is read from end to end and sorted."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = on; DROP INDEX ticket_updated_idx")
        plan = plans(asked["inbox: all"])[0]
        transaction.set_rollback(True)
    assert "support_ticket" in scanned(plan)
    assert sorts(plan)


def test_every_list_is_looked_at(asked: dict[str, list[Asked]]) -> None:
    assert set(asked) == set(INDEXES) | set(FOUND)
