"""The watch: outages are what was measured, and what nobody watched is nobody's fault."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.factories.vpn import make_location, make_server
from tests.vpn.node_api.conftest import NodeClient, node, server  # noqa: F401  (fixtures)
from vpn.models import NodeStatus, Outage, Server, Watch
from vpn.services.watching import LONGEST_PAUSE, SETTLING, look_after_nodes

pytestmark = pytest.mark.django_db


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def watch_since(start: datetime) -> Watch:
    return Watch.objects.create(watched_from=start, watched_until=timezone.now())


def last_heard(of: Server, at: datetime) -> None:
    NodeStatus.objects.filter(pk=of.pk).update(last_report_at=at)


def states() -> dict[str, str]:
    return dict(Server.objects.values_list("name", "state"))


@pytest.fixture
def place() -> Server:
    """A server whose node has just reported, watched for an hour."""
    watch_since(timezone.now() - seconds(3600))
    return make_server(make_location(), name="one")


def test_an_outage_begins_with_the_last_report_and_is_found_once(place: Server) -> None:
    heard_at = timezone.now() - seconds(61)
    last_heard(place, heard_at)
    look_after_nodes()
    look_after_nodes()
    assert Outage.objects.values_list("server", "started_at", "ended_at").get() == (place.pk, heard_at, None)


def test_a_lost_connection_is_an_outage_from_that_moment(place: Server) -> None:
    lost_at = timezone.now() - seconds(5)
    NodeStatus.objects.update(lost_at=lost_at)
    look_after_nodes()
    assert Outage.objects.get().started_at == lost_at


def test_a_node_that_is_heard_has_no_outage(place: Server) -> None:
    look_after_nodes()
    assert not Outage.objects.exists()


def test_its_first_report_ends_an_outage_and_later_ones_change_nothing(node: NodeClient) -> None:  # noqa: F811
    watch_since(timezone.now() - seconds(3600))
    last_heard(node.server, timezone.now() - seconds(100))
    look_after_nodes()
    Server.objects.update(state="offline")
    node.report()
    ended_at = Outage.objects.get().ended_at
    assert ended_at is not None
    assert timezone.now() - ended_at < seconds(5)
    node.report()
    assert Outage.objects.get().ended_at == ended_at
    assert set(states().values()) == {"online"}


def test_a_second_silence_is_a_second_outage(node: NodeClient) -> None:  # noqa: F811
    watch_since(timezone.now() - seconds(3600))
    for _ in range(2):
        last_heard(node.server, timezone.now() - seconds(100))
        look_after_nodes()
        node.report()
    assert Outage.objects.filter(ended_at__isnull=False).count() == 2


@pytest.mark.parametrize("state", ["enrolling", "decommissioned"])
def test_servers_that_need_not_serve_have_no_outage_and_an_open_one_ends(place: Server, state: str) -> None:
    last_heard(place, timezone.now() - seconds(100))
    look_after_nodes()
    Server.objects.update(state=state)
    look_after_nodes()
    assert Outage.objects.get().ended_at is not None
    look_after_nodes()
    assert Outage.objects.count() == 1


@pytest.mark.parametrize("state", ["draining", "offline"])
def test_draining_and_offline_servers_are_watched(place: Server, state: str) -> None:
    last_heard(place, timezone.now() - seconds(100))
    Server.objects.update(state=state)
    look_after_nodes()
    assert Outage.objects.exists()
    assert states() == {"one": state}


def test_looks_in_time_are_one_watch() -> None:
    start = timezone.now()
    for minute in range(4):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            look_after_nodes()
    watch = Watch.objects.get()
    assert (watch.watched_from, watch.watched_until) == (start, start + timedelta(minutes=3))


def test_after_a_pause_a_new_watch_begins_and_the_gap_stays_open() -> None:
    start = timezone.now()
    back = start + LONGEST_PAUSE + seconds(1)
    for moment in (start, back):
        with time_machine.travel(moment, tick=False):
            look_after_nodes()
    assert sorted(Watch.objects.values_list("watched_from", "watched_until")) == [(start, start), (back, back)]


def test_nobody_is_blamed_for_the_time_in_which_nobody_watched(place: Server) -> None:
    """The worker was away for an hour, and the node with it: it is given time to come back, and then what counts is our own watch."""
    back = timezone.now() + timedelta(hours=1)
    for later in (seconds(0), SETTLING - seconds(1)):
        with time_machine.travel(back + later, tick=False):
            look_after_nodes()
    assert not Outage.objects.exists()
    with time_machine.travel(back + SETTLING, tick=False):
        look_after_nodes()
    assert Outage.objects.get().started_at == back


def test_a_silent_server_goes_offline_and_a_draining_one_stays_draining() -> None:
    location = make_location()
    make_server(location, name="fresh")
    silent, draining = make_server(location, name="silent"), make_server(location, name="draining", state="draining")
    for each in (silent, draining):
        last_heard(each, timezone.now() - seconds(91))
    look_after_nodes()
    assert states() == {"fresh": "online", "silent": "offline", "draining": "draining"}
