"""Usage is forgotten in time: days by dropping partitions, after they are folded into months; registers that nobody can report."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from tests.factories.vpn import make_location, make_server
from tests.vpn.acting import add, confirm, report, row
from vpn.models import NodeHour, NodeTotal, Server, UsageCounter, UsageMonth, UsageRecord, VpnConfig
from vpn.partitions import NODE_HOURS, USAGE_DAYS, USAGE_MONTHS, add_months, drop_before, existing, make_partitions
from vpn.services.device_views import find_device
from vpn.services.devices import remove_device
from vpn.services.retention import forget_old_usage

pytestmark = pytest.mark.django_db

TODAY = timezone.now().date()
# Of that day, whatever day it has become meanwhile.
NOON = datetime.combine(TODAY, time(12), UTC)


@pytest.fixture
def server(db: None) -> Server:
    return make_server(make_location("ams"))


@pytest.fixture
def device(alice: User, server: Server) -> VpnConfig:
    return add(alice)


def used(device: VpnConfig, day: date, up: int = 5, down: int = 7) -> None:
    UsageRecord.objects.create(user=device.user, device=device, record_date=day, bytes_up=up, bytes_down=down)


def partition_of(day: date) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM vpn_usagerecord WHERE record_date = %s", [day])
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 26), 0, date(2026, 11, 1)),
        (date(2026, 11, 26), 2, date(2027, 1, 1)),
        (date(2026, 1, 31), -13, date(2024, 12, 1)),
    ],
)
def test_months_are_counted_over_years(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_this_month_has_a_partition_of_its_own(device: VpnConfig) -> None:
    used(device, TODAY)
    assert partition_of(TODAY) == f"vpn_usagerecord_{TODAY:%Y_%m}"


def test_later_months_are_made_in_advance_and_only_once() -> None:
    later = add_months(TODAY, 5)
    made = make_partitions(later)
    assert f"vpn_usagerecord_{later:%Y_%m}" in made
    assert f"vpn_nodehour_{add_months(later, 2):%Y_%m}" in made
    assert make_partitions(later) == []


def test_what_came_before_its_partition_is_kept_and_moved_into_it(device: VpnConfig) -> None:
    later = add_months(TODAY, 7) + timedelta(days=9)
    used(device, later)
    assert partition_of(later) == "vpn_usagerecord_default"
    make_partitions(later)
    assert partition_of(later) == f"vpn_usagerecord_{later:%Y_%m}"
    assert UsageRecord.objects.get().bytes_down == 7


def test_old_days_are_folded_into_months_and_their_partitions_dropped(device: VpnConfig) -> None:
    old = add_months(TODAY, -settings.USAGE_DAYS_KEPT_MONTHS - 1)
    make_partitions(old)
    for offset in range(3):
        used(device, old + timedelta(days=offset))
    kept = add_months(TODAY, -settings.USAGE_DAYS_KEPT_MONTHS)
    used(device, kept)
    with connection.cursor() as cursor:
        # In production these rows were committed long ago; here their deferred checks would be pending.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for _ in range(2):
        forget_old_usage(TODAY)
    assert [r.record_date for r in UsageRecord.objects.all()] == [kept]
    assert f"vpn_usagerecord_{old:%Y_%m}" not in dict(existing(USAGE_DAYS)).values()
    month = UsageMonth.objects.get()
    assert (month.month, month.bytes_up, month.bytes_down) == (old, 15, 21)


def test_months_and_node_hours_have_their_time_too(alice: User, server: Server) -> None:
    UsageMonth.objects.create(user=alice, month=date(TODAY.year - settings.USAGE_MONTHS_KEPT_YEARS - 1, 6, 1))
    UsageMonth.objects.create(user=alice, month=date(TODAY.year - settings.USAGE_MONTHS_KEPT_YEARS, 6, 1))
    for days in (settings.NODE_HOURS_KEPT_DAYS + 1, settings.NODE_HOURS_KEPT_DAYS - 1):
        NodeHour.objects.create(server=server, hour=NOON - timedelta(days=days))
    forget_old_usage(TODAY)
    assert UsageMonth.objects.get().month.year == TODAY.year - settings.USAGE_MONTHS_KEPT_YEARS
    assert NodeHour.objects.get().hour > NOON - timedelta(days=settings.NODE_HOURS_KEPT_DAYS)


def test_registers_go_once_no_server_holds_the_device_any_more(alice: User, server: Server, device: VpnConfig) -> None:
    report(server, [row(device, 5, 5)])
    UsageCounter.objects.update(grown_at=NOON - timedelta(days=settings.USAGE_REGISTERS_KEPT_DAYS + 1))
    forget_old_usage(TODAY)
    assert UsageCounter.objects.count() == 1, "a peer may be there for years, and its register with it"
    remove_device(user=alice, device_id=device.pk)
    forget_old_usage(TODAY)
    assert UsageCounter.objects.count() == 1
    confirm(server)
    forget_old_usage(TODAY)
    assert UsageCounter.objects.count() == 0


def test_only_whole_ranges_are_dropped() -> None:
    first = add_months(TODAY, 0)
    assert drop_before(USAGE_DAYS, first + timedelta(days=15)) == []
    assert drop_before(USAGE_MONTHS, date(TODAY.year, 6, 1)) == [f"vpn_usagemonth_{TODAY.year - 1}"]
    assert drop_before(NODE_HOURS, add_months(first, 1)) == [f"vpn_nodehour_{first:%Y_%m}"]


class TestTotals:
    """What the node says it carried, beside what its customers were counted."""

    def test_a_nodes_total_is_a_register_and_stands_beside_its_customers(
        self, server: Server, device: VpnConfig
    ) -> None:
        peer = row(device, 100, 300)
        for _ in range(2):
            report(server, [peer], totals={"rx": 150, "tx": 300})
        hour = NodeHour.objects.get()
        assert (hour.node_rx, hour.node_tx, hour.customers_rx, hour.customers_tx) == (150, 300, 100, 300)
        assert NodeTotal.objects.get().rx == 150

    def test_another_creation_of_the_interface_counts_from_zero(self, server: Server) -> None:
        for epoch in ("boot:1", "boot:2", "boot:1"):
            report(server, totals={"rx": 40, "tx": 60}, interface_epoch=epoch)
        hour = NodeHour.objects.get()
        assert (hour.node_rx, hour.node_tx, hour.customers_rx) == (80, 120, 0)

    def test_a_report_without_totals_is_an_older_agents(self, server: Server, device: VpnConfig) -> None:
        report(server, [row(device, 1, 1)])
        assert not NodeHour.objects.exists()


class TestPlausibility:
    """More than the link could have carried since the register last grew is set aside."""

    def test_after_an_outage_both_parts_of_a_large_growth_count(self, server: Server, device: VpnConfig) -> None:
        epoch = 7
        report(server, [row(device, 10, 0, epoch)])
        hours = timedelta(hours=10)
        UsageCounter.objects.update(grown_at=timezone.now() - hours)
        device.assignments.update(created_at=timezone.now() - hours)
        # Another node's report, or an empty one, in between must not shorten the time.
        report(server)
        far = settings.NODE_LINK_BITS_PER_S // 8 * 3600 * 9
        answer = report(server, [row(device, far, 0, epoch)])
        assert (answer["accepted"], answer["set_aside"]) == (1, [])

    def test_beyond_the_link_it_is_set_aside_and_noted(self, server: Server, device: VpnConfig) -> None:
        far = settings.NODE_LINK_BITS_PER_S // 8 * 3600 * 24
        answer = report(server, [row(device, far, 0)])
        assert (answer["accepted"], answer["set_aside"]) == (0, [{"index": 0, "reason": "implausible_growth"}])
        assert server.notes.get().code == "implausible_growth"
        assert not UsageRecord.objects.exists()


def test_what_a_node_says_of_itself_is_kept(server: Server) -> None:
    key = "A" * 43 + "="
    report(server, ports=[443, 53], failed=[key], egress="203.0.113.9")
    status = server.status
    status.refresh_from_db()
    assert (status.offered_ports, status.failed_keys, status.egress_address) == ([443, 53], [key], "203.0.113.9")
    report(server)
    status.refresh_from_db()
    assert (status.offered_ports, status.failed_keys) == ([443, 53], [])


def test_a_peer_that_the_interface_does_not_take_is_not_active(alice: User, server: Server, device: VpnConfig) -> None:
    confirm(server)
    assert find_device(alice.pk, device.pk).lifecycle == "active"
    answer = report(server, failed=[device.public_key], state_hash="0" * 64)
    # A snapshot would not make the interface take it.
    assert answer["resync"] is False
    server.status.refresh_from_db()
    assert server.status.in_sync is False
    assert find_device(alice.pk, device.pk).lifecycle == "activating"
