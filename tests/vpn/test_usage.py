"""Usage as people see it: days, and the period they pay for, from one look at the records."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.factories.vpn import make_location, make_server
from vpn.models import UsageRecord, VpnConfig
from vpn.services.usage import UsageTotal, has_used_any, usage_of_devices, usage_report, usage_since
from vpn.wireguard.keys import generate_key_pair

pytestmark = pytest.mark.django_db


@pytest.fixture
def devices(alice: User) -> list[VpnConfig]:
    location = make_location("ams")
    make_server(location)
    return [
        VpnConfig.objects.create(user=alice, location=location, name=name, public_key=generate_key_pair().public_key)
        for name in ("Laptop", "Phone")
    ]


def days_ago(days: int) -> date:
    return timezone.now().date() - timedelta(days=days)


def record(device: VpnConfig, days: int, up: int, down: int) -> None:
    UsageRecord.objects.create(
        user=device.user, device=device, record_date=days_ago(days), bytes_up=up, bytes_down=down
    )


@pytest.mark.parametrize("since", [0, 1, 2, 9, 40])
def test_days_and_period_are_told_by_one_query_whichever_is_longer(
    alice: User, devices: list[VpnConfig], since: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for days in (0, 1, 2, 9, 30):
        record(devices[0], days, 1 << days, 0)
        record(devices[1], days, 0, 3 << days)
    with django_assert_num_queries(1):
        items, period = usage_report(alice.pk, 3, days_ago(since))
    assert [(item["date"], item["bytes_up"], item["bytes_down"]) for item in items] == [
        (days_ago(2), 4, 12),
        (days_ago(1), 2, 6),
        (days_ago(0), 1, 3),
    ]
    assert period == usage_since(alice.pk, days_ago(since))


def test_one_devices_days_stand_beside_the_period_of_all(alice: User, devices: list[VpnConfig]) -> None:
    record(devices[0], 0, 5, 7)
    record(devices[1], 1, 100, 200)
    items, period = usage_report(alice.pk, 2, days_ago(1), devices[0].pk)
    assert [(item["bytes_up"], item["bytes_down"]) for item in items] == [(0, 0), (5, 7)]
    assert period == UsageTotal(105, 207, days_ago(1))


def test_what_others_carry_is_not_ones_own(alice: User, bob: User, devices: list[VpnConfig]) -> None:
    record(devices[0], 0, 5, 7)
    items, period = usage_report(bob.pk, 1, days_ago(9))
    assert (items[0]["bytes_up"], period.total) == (0, 0)


def test_each_device_has_its_own_days_by_one_query_and_one_without_records_has_none(
    alice: User, devices: list[VpnConfig], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for days in (0, 2, 3):
        record(devices[0], days, 1 << days, 10)
    with django_assert_num_queries(1):
        assert usage_of_devices([device.pk for device in devices], 3) == {devices[0].pk: [14, 0, 11]}


def test_a_day_that_a_node_is_ahead_of_us_counts_as_today(devices: list[VpnConfig]) -> None:
    record(devices[0], -1, 5, 0)
    record(devices[0], 0, 1, 0)
    assert usage_of_devices([devices[0].pk], 2) == {devices[0].pk: [0, 6]}


def test_what_was_ever_counted_tells_that_a_device_was_used(devices: list[VpnConfig]) -> None:
    record(devices[0], 300, 1, 0)
    assert [has_used_any([device.pk]) for device in devices] == [True, False]
