"""Who waits for whom among the fleet's locks: nobody in a circle, and no report is missed. Each case failed before its order was kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from unittest import mock
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.models import User
from accounts.services.suspension import suspend_account, unsuspend_account
from billing.models import Plan, PlanGrant
from billing.services.grants import revoke_grant
from tests.concurrency.crowd import crowd
from tests.concurrency.waiting import until, waiting
from tests.factories.accounts import make_user
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server
from tests.invariants import assert_invariants
from tests.vpn.acting import add, report, row
from vpn.locks import lock_meter
from vpn.models import Peer, QuotaMeter, Server, UsageRecord, VpnConfig
from vpn.services.admission import admit_customer, settle_customer
from vpn.services.device_life import suspend_device
from vpn.services.devices import remove_device
from vpn.services.emptying import drain_server, move_devices
from vpn.services.quota import settle_meter
from vpn.services.stops import end_stop, start_stop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 10


@pytest.fixture
def staff(db: None) -> User:
    return make_user("sam@example.com", is_staff=True, is_superuser=True)


def customers(count: int) -> list[User]:
    people = [make_user(f"p{number}@example.com") for number in range(count)]
    for user in people:
        grant(user, "pro")
    return people


def test_a_report_of_many_connections_and_the_suspension_of_their_owners(staff: User) -> None:
    server = make_server(make_location("ams"))
    people = customers(3)
    for user in people:
        for number in range(8):
            add(user, f"Device {number}")
    keys = list(Peer.objects.values_list("public_key", flat=True))

    def act(number: int) -> None:
        chance = Random(number)
        for _ in range(ROUNDS):
            if number < 3:
                suspend_account(user=people[number], by=staff)
                unsuspend_account(user=people[number], by=staff)
            else:
                status = chance.choice(("online", "idle"))
                rows = [[key, 0, 0, chance.getrandbits(60) + 1, status] for key in chance.sample(keys, len(keys))]
                report(Server.objects.get(pk=server.pk), rows)

    assert crowd(6, act) == {"ok": 6}
    assert_invariants()


def test_a_removal_that_readmits_another_device_and_the_suspension_of_others(staff: User) -> None:
    """The removed device is on the server with the higher id, the one that is admitted in its place on the lower one."""
    locations = [make_location(slug) for slug in ("ams", "ber")]
    low, high = sorted((make_server(location, network_v4="10.80.0.0/20") for location in locations), key=lambda s: s.pk)
    people = customers(6)

    def act(number: int) -> None:
        user = people[number]
        for round_number in range(ROUNDS):
            if number < 3:
                first = add(user, f"First {round_number}", high.location.slug)
                second = add(user, f"Second {round_number}", low.location.slug)
                held = PlanGrant.objects.get(user=user, revoked_at=None)
                revoke_grant(held)
                settle_customer(user.pk)
                remove_device(user=user, device_id=first.pk)
                remove_device(user=user, device_id=second.pk)
                grant(user, "pro")
            else:
                suspend_account(user=user, by=staff)
                unsuspend_account(user=user, by=staff)

    for user in people[3:]:
        add(user, "Phone", low.location.slug)
        add(user, "Laptop", high.location.slug)
    assert crowd(6, act) == {"ok": 6}
    assert_invariants()


def test_customers_of_two_servers_moved_at_once_to_two_others() -> None:
    """Where each device goes depends on loads that change meanwhile, so one customer's go to both servers in any order."""
    ams = make_location("ams")
    old = [make_server(ams, network_v4=f"10.8{number}.0.0/24", network_v6=f"fd8{number}::/64") for number in range(2)]
    people = customers(10)
    for server, users in zip(old, (people[:5], people[5:]), strict=True):
        Server.objects.update(capacity=0)
        Server.objects.filter(pk=server.pk).update(capacity=250)
        for user in users:
            for number in range(6):
                add(user, f"Device {number}")
    new = [make_server(ams, network_v4=f"10.9{number}.0.0/24", network_v6=f"fd9{number}::/64") for number in range(2)]
    for server in old:
        drain_server(server_id=server.pk)

    def act(number: int) -> None:
        if number < 2:
            move_devices(server_id=old[number].pk)
            return
        chance = Random(number)
        for _ in range(8 * ROUNDS):
            report(Server.objects.get(pk=new[number - 2].pk), load={"peers": chance.randrange(100)})

    assert crowd(4, act) == {"ok": 4}
    assert_invariants()
    assert Peer.objects.filter(server__in=new, wanted=True).count() == 60


def used_after_a_report_met_a_new_meter() -> int:
    """A person gets a limited plan while a report about them waits for a lock within its statement; returns the meter's bytes."""
    server = make_server(make_location("ams"))
    alice = make_user("alice@example.com")
    grant(alice, "basic")
    device = add(alice)
    report(server, [row(device, 1, 1, epoch=7)])
    Plan.objects.create(code="small", name="Small", rank=15, device_limit=5, quota_bytes=10**9)

    def get_limited() -> None:
        grant(alice, "small")
        settle_meter(alice.pk)

    acts = [lambda: report(Server.objects.get(pk=server.pk), [row(device, 1000, 1000, epoch=7)]), get_limited]
    with ThreadPoolExecutor(2, initializer=connection.ensure_connection) as threads:
        with transaction.atomic():
            list(UsageRecord.objects.select_for_update())
            running = [threads.submit(_then_close, acts[0])]
            until(lambda: waiting() == 1)
            running.append(threads.submit(_then_close, acts[1]))
            # The meter is made; who makes it now waits for the report too, or has ended.
            until(lambda: waiting() == 2 or running[1].done())
        for each in running:
            each.result(10)
    return QuotaMeter.objects.get().used_bytes


def _then_close(act: Callable[[], object]) -> None:
    try:
        act()
    finally:
        connection.close()


class TestANewMeter:
    def test_without_the_lock_it_misses_the_report_under_way(self) -> None:
        with mock.patch("vpn.services.quota.lock_reports_of"):
            assert used_after_a_report_met_a_new_meter() == 2

    def test_it_waits_for_the_report_under_way(self) -> None:
        assert used_after_a_report_met_a_new_meter() == 2000
        assert_invariants()


def test_a_meter_that_was_waited_for_is_of_the_plan_that_holds_by_then() -> None:
    """Who waits for the meter, as for a report that adds to it, may have waited past another settlement of the same person."""
    alice = make_user("alice@example.com")
    for rank, (code, quota) in enumerate({"small": 10, "large": 20}.items(), start=15):
        Plan.objects.create(code=code, name=code, rank=rank, device_limit=5, quota_bytes=quota)
    grant(alice, "small")
    settle_meter(alice.pk)
    with ThreadPoolExecutor(1, initializer=connection.ensure_connection) as threads:
        with transaction.atomic():
            lock_meter(alice.pk)
            running = threads.submit(_then_close, lambda: settle_meter(alice.pk))
            until(lambda: waiting() == 1)
            with ThreadPoolExecutor(1) as others:
                others.submit(_then_close, lambda: grant(alice, "large")).result(10)
        running.result(10)
    assert QuotaMeter.objects.get().quota_bytes == 20


def wishes_after_a_suspension_met_the_end_of_a_stop(staff: User) -> int:
    """A device is suspended while its server is stopped: there is no wish to take back. Before that is committed, the stop ends."""
    server = make_server(make_location("ams"))
    alice = make_user("alice@example.com")
    device = add(alice)
    stop = start_stop(by=staff, reason="test", server=server)
    decided, goes_on = threading.Event(), threading.Event()

    def admit_slowly(user_id: UUID) -> None:
        admit_customer(user_id)
        decided.set()
        assert goes_on.wait(10)

    with (
        mock.patch("vpn.services.device_life.admit_customer", admit_slowly),
        ThreadPoolExecutor(2, initializer=connection.ensure_connection) as threads,
    ):
        by = VpnConfig.SuspendedBy.STAFF
        running = [threads.submit(_then_close, lambda: suspend_device(user=alice, device_id=device.pk, by=by))]
        assert decided.wait(10)
        running.append(threads.submit(_then_close, lambda: end_stop(stop_id=stop.pk, by=staff)))
        until(lambda: waiting() == 1 or running[1].done())
        goes_on.set()
        for each in running:
            each.result(10)
    return Peer.objects.filter(wanted=True).count()


class TestTheEndOfAStop:
    def test_without_the_lock_it_brings_back_who_is_just_being_suspended(self, staff: User) -> None:
        with mock.patch("vpn.services.stops.lock_customers_on"):
            assert wishes_after_a_suspension_met_the_end_of_a_stop(staff) == 1

    def test_it_waits_for_who_is_just_being_suspended(self, staff: User) -> None:
        assert wishes_after_a_suspension_met_the_end_of_a_stop(staff) == 0
        assert_invariants()
