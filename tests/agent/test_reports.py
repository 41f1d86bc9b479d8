"""What a report may say: nothing is acknowledged before its counters are in."""

import pytest

from tests.agent.nodes import MakeNode, changes, peers, snapshot
from vpn.agent import reports
from vpn.agent.node import Node
from vpn.agent.reports import Report, ReportWriter


@pytest.fixture(autouse=True)
def _few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MAX_ROWS", 5)


def remove_with_counters(node: Node, *keys: str, to: int) -> None:
    """Remove peers that have counted something not yet reported."""
    for key in keys:
        node.peers.book._entries[key].rx = 7
    node.apply_changes(changes(to, *keys))


def send(writer: ReportWriter) -> Report:
    """Write a quick report and have it accepted."""
    report = writer.write(None, finals_only=True)
    writer.accepted(report)
    return report


def test_a_removal_is_acknowledged_only_by_the_report_that_brings_its_last_final_counter(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(12)
    node.apply_snapshot(snapshot(wanted))
    writer = ReportWriter(node)
    assert send(writer).body["applied_rev"] == 1
    remove_with_counters(node, *wanted, to=2)
    assert node.peers.acknowledged == 2
    first, second = send(writer), send(writer)
    assert [(len(report.rows), report.body["applied_rev"], report.full) for report in (first, second)] == [
        (5, 1, True),
        (5, 1, True),
    ]
    again = make_node()
    third = send(ReportWriter(again))
    assert (len(third.rows), third.body["applied_rev"], third.full) == (2, 2, False)
    assert {row.public_key for report in (first, second, third) for row in report.rows} == wanted.keys()


def test_what_was_acknowledged_before_survives_a_restart(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(12)
    node.apply_snapshot(snapshot(wanted, to=9))
    send(ReportWriter(node))
    remove_with_counters(node, *wanted, to=10)
    assert send(ReportWriter(make_node())).body["applied_rev"] == 9


def test_a_report_that_acknowledges_less_than_is_there_has_no_hash(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(7)
    node.apply_snapshot(snapshot(wanted))
    writer = ReportWriter(node)
    send(writer)
    gone = list(wanted)[:6]
    remove_with_counters(node, *gone, to=2)
    body = writer.write(node.tick(), finals_only=False).body
    assert (body["applied_rev"], body["state_hash"]) == (1, None)


def test_a_report_that_was_not_accepted_has_acknowledged_nothing(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(12)
    node.apply_snapshot(snapshot(wanted))
    writer = ReportWriter(node)
    first, *others = wanted
    remove_with_counters(node, first, to=2)
    assert writer.write(None, finals_only=True).body["applied_rev"] == 2
    remove_with_counters(node, *others, to=3)
    assert writer.write(None, finals_only=True).body["applied_rev"] == 0


def test_revisions_of_another_epoch_count_for_nothing(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(12)
    node.apply_snapshot(snapshot(wanted, to=9))
    writer = ReportWriter(node)
    late = writer.write(None, finals_only=True)
    writer.accepted(late)
    for key in wanted:
        node.peers.book._entries[key].rx = 7
    node.apply_snapshot(snapshot({}, to=3, epoch="f", allowed=True))
    writer.accepted(late)
    report = send(writer)
    assert (report.body["epoch"], report.body["applied_rev"]) == ("f", 0)
