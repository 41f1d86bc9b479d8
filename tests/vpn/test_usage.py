"""Usage as people see it: days, and the period they pay for, from one look at the records."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from billing.entitlements import entitlement_for
from billing.models import Plan, PlanGrant
from tests.api_client import ApiClient
from tests.factories.vpn import make_location, make_server
from tests.queries import recorded_queries
from vpn.models import UsageRecord, VpnConfig
from vpn.services.usage import UsageTotal, has_used_any, usage_of_devices, usage_of_plan, usage_report, usage_since
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


@pytest.mark.parametrize("days", [1, 30, 366])
@pytest.mark.parametrize("of_one", [False, True])
def test_the_plan_and_its_usage_are_one_answer_of_one_query(
    alice: User,
    bob: User,
    devices: list[VpnConfig],
    django_assert_num_queries: DjangoAssertNumQueries,
    days: int,
    of_one: bool,
) -> None:
    plan = Plan.objects.get(code="pro")
    grant = PlanGrant.objects.create(user=alice, plan=plan, reason="Test")
    PlanGrant.objects.filter(pk=grant.pk).update(created_at=timezone.now() - timedelta(days=70))
    for device, ago in ((devices[0], 0), (devices[1], 0), (devices[0], 12), (devices[1], 29), (devices[0], 45)):
        record(device, ago, ago + 1, 100)
    named = devices[0].pk if of_one else None
    has = entitlement_for(alice)
    with django_assert_num_queries(1):
        found = usage_of_plan(alice, days, named)
    assert found == (has, *usage_report(alice.pk, days, has.period_start.date(), named))
    record(devices[0], 1, 5, 5)
    Plan.objects.filter(pk=plan.pk).update(quota_bytes=7)
    changed, items, _ = usage_of_plan(alice, days)
    assert changed.quota_bytes == 7
    assert days == 1 or items[-2]["bytes_up"] == 5
    assert usage_of_plan(bob, days)[2].total == 0


def test_the_api_tells_it_by_two_queries(alice: User, devices: list[VpnConfig], alice_api: ApiClient) -> None:
    alice_api.get("usage")
    with recorded_queries() as asked:
        assert len(alice_api.get("usage?days=366").data["items"]) == 366
    assert len(asked) == 2


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
