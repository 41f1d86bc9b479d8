"""Staff are told what they must know about a server: once when it begins, once when it is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from accounts.models import User
from accounts.staff_alerts import alert_addresses
from tests.factories.accounts import make_user
from tests.factories.vpn import make_location, make_server, new_key
from tests.mails import waiting_mails
from tests.queries import recorded_queries
from vpn.models import Alert, FreeAddress, NodeHour, NodeStatus, Server, Watch
from vpn.services import trouble
from vpn.services.alerts import SWINGS, look_for_trouble, tell_over

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
NOW = datetime.fromisoformat("2026-11-26T12:00:00+00:00")


@pytest.fixture(autouse=True)
def _as_if_alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ALERT_EMAILS = ["oncall@example.com"]
    monkeypatch.setattr(trouble, "_out_of_sync", trouble._Before())


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def server(clock: Any) -> Server:
    """A server that is heard, watched for an hour."""
    Watch.objects.create(watched_from=NOW - timedelta(hours=1), watched_until=NOW)
    return make_server(make_location(), name="ams-1", capacity=100)


def says(**fields: Any) -> None:
    """What the node last said, just now."""
    NodeStatus.objects.update(last_report_at=timezone.now(), **fields)


def later(clock: Any, by: timedelta) -> None:
    """Time goes by, and the watch with it."""
    clock.shift(by)
    Watch.objects.update(watched_until=timezone.now())


def look() -> list[tuple[str, bool]]:
    """One look; the alerts, and which of them are open."""
    look_for_trouble()
    return [(alert.kind, alert.closed_at is None) for alert in Alert.objects.order_by("id")]


def mails() -> list[str]:
    return [mail.subject for mail in waiting_mails()]


def run_due_jobs() -> None:
    due = ProcrastinateJob.objects.filter(task_name="vpn.tasks.tell_alert_over", scheduled_at__lte=timezone.now())
    for job in due:
        tell_over(int(job.args["alert_id"]), datetime.fromisoformat(job.args["closed_at"]))


def test_a_silent_node_is_an_alert_after_two_minutes_and_told_once(server: Server, clock: Any) -> None:
    later(clock, 2 * MINUTE)
    assert look() == []
    later(clock, MINUTE)
    assert look() == [("silent", True)]
    later(clock, MINUTE)
    assert look() == [("silent", True)]
    assert mails() == ["ams-1: The node is silent"]
    (mail,) = waiting_mails()
    assert mail.to == "oncall@example.com"
    assert "Last heard on 26\xa0Nov\xa02026, 12:00\xa0UTC." in mail.text


def test_its_end_is_told_once_when_it_has_lasted(server: Server, clock: Any) -> None:
    later(clock, 3 * MINUTE)
    look()
    later(clock, 7 * MINUTE)
    says()
    assert look() == [("silent", False)]
    assert len(mails()) == 1
    later(clock, SWINGS)
    says()
    look()
    run_due_jobs()
    assert mails()[1:] == ["Over: ams-1: The node is silent"]
    assert (
        "It lasted from 26\xa0Nov\xa02026, 12:03\xa0UTC to 26\xa0Nov\xa02026, 12:10\xa0UTC." in waiting_mails()[-1].text
    )


def test_what_swings_is_one_alert_and_one_mail_each_way(server: Server, clock: Any) -> None:
    for _ in range(5):
        later(clock, 3 * MINUTE)
        assert look() == [("silent", True)]
        later(clock, 3 * MINUTE)
        says()
        assert look() == [("silent", False)]
        run_due_jobs()
    assert mails() == ["ams-1: The node is silent"]
    later(clock, SWINGS)
    says()
    run_due_jobs()
    assert len(mails()) == 2


def test_what_comes_back_later_is_another_alert(server: Server, clock: Any) -> None:
    later(clock, 3 * MINUTE)
    look()
    says()
    look()
    later(clock, SWINGS + MINUTE)
    assert look() == [("silent", False), ("silent", True)]
    assert len(mails()) == 2


def test_nobody_is_silent_who_had_nobody_to_speak_to(server: Server, clock: Any) -> None:
    """The worker, and the rest of the control plane with it, was away for an hour."""
    clock.shift(timedelta(hours=1))
    assert look() == []
    Watch.objects.create(watched_from=timezone.now(), watched_until=timezone.now())
    assert look() == []
    for minutes, expected in ((2, []), (1, [("silent", True)])):
        clock.shift(minutes * MINUTE)
        Watch.objects.filter(watched_from__gt=NOW).update(watched_until=timezone.now())
        assert look() == expected


def test_an_open_alert_stays_while_nobody_watches(server: Server, clock: Any) -> None:
    later(clock, 3 * MINUTE)
    look()
    clock.shift(timedelta(hours=1))
    assert look() == [("silent", True)]


def test_an_interface_that_is_not_what_it_should_be_is_told_at_the_second_look(server: Server, clock: Any) -> None:
    says(in_sync=False)
    assert look() == []
    later(clock, MINUTE)
    says()
    assert look() == [("drift", True)]
    says(in_sync=True)
    assert look() == [("drift", False)]


def test_a_drift_that_was_mended_between_two_looks_far_apart_is_not_the_same(server: Server, clock: Any) -> None:
    says(in_sync=False)
    look()
    later(clock, 6 * MINUTE)
    says()
    assert look() == []


def test_a_look_in_sync_between_begins_anew(server: Server, clock: Any) -> None:
    for in_sync in (False, True, False):
        later(clock, MINUTE)
        says(in_sync=in_sync)
        assert look() == []


def test_of_a_node_that_is_not_heard_an_alert_about_what_it_said_stays(server: Server, clock: Any) -> None:
    says(failed_keys=[new_key()])
    look()
    NodeStatus.objects.update(failed_keys=[])
    later(clock, 3 * MINUTE)
    assert look() == [("failed_peers", True), ("silent", True)]


@pytest.mark.parametrize(
    ("node", "customers", "found"),
    [
        ((6_000, 4_000), (5_900, 3_990), False),  # 1.1 %
        ((6_000, 4_000), (5_900, 3_850), True),  # 2.5 %
        ((6_000, 4_000), (6_200, 4_100), True),
        ((500, 400), (450, 360), False),  # 10 %, but only 90 MB
        ((0, 200), (0, 0), True),
        ((0, 0), (0, 0), False),
    ],
)
def test_usage_that_does_not_fit_what_the_node_carried(
    server: Server, node: tuple[int, int], customers: tuple[int, int], found: bool
) -> None:
    """In megabytes, over the last 24 hours; what was before does not count."""
    mega = 1_000_000
    for hour, factor in (
        (NOW - timedelta(hours=2), 0.5),
        (NOW - timedelta(hours=5), 0.5),
        (NOW - timedelta(hours=25), 9),
    ):
        NodeHour.objects.create(
            server=server,
            hour=hour,
            node_rx=int(node[0] * mega * factor) if factor < 1 else 0,
            node_tx=int(node[1] * mega * factor) if factor < 1 else 0,
            customers_rx=int(customers[0] * mega * factor),
            customers_tx=int(customers[1] * mega * factor),
        )
    assert look() == ([("usage_drift", True)] if found else [])


@pytest.mark.parametrize(("peers", "found"), [(89, False), (90, True)])
def test_a_server_with_nine_tenths_of_its_peers_is_full(server: Server, peers: int, found: bool) -> None:
    says(peer_count=peers)
    assert look() == ([("full", True)] if found else [])
    if found:
        assert Alert.objects.get().detail == "It holds 90 peers and is meant to carry 100."


@pytest.mark.parametrize(("left", "found"), [(13, False), (12, True)])
def test_a_server_with_few_addresses_left_is_full(server: Server, left: int, found: bool) -> None:
    """Of 253: those that were never offered, and those that are free; one in quarantine is not."""
    Server.objects.update(next_host=255 - left + 2)
    for host, available_at in ((10, NOW), (11, NOW), (12, NOW + MINUTE)):
        FreeAddress.objects.create(server=server, host=host, available_at=available_at)
    assert look() == ([("full", True)] if found else [])
    if found:
        assert Alert.objects.get().detail == "12 of 253 addresses are left."


def test_peers_that_the_node_cannot_hold_are_an_alert(server: Server) -> None:
    keys = [new_key(), new_key()]
    says(failed_keys=keys)
    assert look() == [("failed_peers", True)]
    assert Alert.objects.get().detail == f"2 that it should hold, the first is {keys[0]}"


def test_a_server_out_of_service_needs_nobody(server: Server, clock: Any) -> None:
    says(failed_keys=[new_key()])
    look()
    Server.objects.update(state="decommissioned")
    assert look() == [("failed_peers", False)]


def test_without_a_list_the_active_staff_who_may_look_at_servers_are_told(
    settings: Settings, sam: User, alice: User
) -> None:
    settings.ALERT_EMAILS = []
    may_look = Permission.objects.get(codename="view_server")
    named = make_user("named@example.com", is_staff=True)
    named.user_permissions.add(may_look)
    member = make_user("member@example.com", is_staff=True)
    group = Group.objects.create(name="network")
    group.permissions.add(may_look)
    member.groups.add(group)
    alice.user_permissions.add(may_look)
    make_user("other@example.com", is_staff=True)
    make_user("gone@example.com", is_staff=True, is_superuser=True, is_active=False)
    assert alert_addresses("vpn.view_server") == ["member@example.com", "named@example.com", "sam@example.com"]


def test_a_look_costs_the_same_for_many_servers(server: Server) -> None:
    with recorded_queries() as few:
        look()
    for number in range(20):
        make_server(server.location, network_v4=f"10.{90 + number}.0.0/24")
    with recorded_queries() as many:
        look()
    assert len(many) == len(few)
