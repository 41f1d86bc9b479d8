"""A look of the watch against the report that ends a silence: a node that is heard has no open outage."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from tests.concurrency.crowd import crowd
from tests.factories.vpn import make_location, make_server
from vpn.models import NodeStatus, Outage, Server, Watch
from vpn.services import watching
from vpn.services.heard import heard
from vpn.services.reports import Report, take_report
from vpn.services.watching import look_after_nodes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20


def silent_server() -> Server:
    now = timezone.now()
    Watch.objects.create(watched_from=now - timedelta(hours=1), watched_until=now)
    return make_server(make_location("ams"))


def race(server: Server) -> bool:
    """One look and one report at once; whether an outage is still open afterwards."""
    NodeStatus.objects.update(last_report_at=timezone.now() - timedelta(seconds=70))
    values = {"report_id": 1, "epoch": server.epoch, "applied_rev": 0, "interface_epoch": "boot:1", "state_hash": None}
    report = Report(**values, agent_version="", peers=[], load={}, notes=[])  # type: ignore[arg-type]

    def act(number: int) -> None:
        if number:
            look_after_nodes()
        else:
            take_report(server_id=server.pk, report=report)

    assert crowd(2, act) == {"ok": 2}
    return Outage.objects.filter(ended_at=None).exists()


def look_without_lock(servers: QuerySet[Server]) -> list[NodeStatus]:
    return list(NodeStatus.objects.filter(~heard(), server__in=servers))


def test_without_the_nodes_lock_an_outage_stays_open() -> None:
    server = silent_server()
    with mock.patch.object(watching, "lock_unheard_nodes", look_without_lock):
        assert any(race(server) for _ in range(200)), "the negative control never lost the race"


def test_a_node_that_is_heard_has_no_open_outage() -> None:
    server = silent_server()
    assert [race(server) for _ in range(ROUNDS)] == [False] * ROUNDS
