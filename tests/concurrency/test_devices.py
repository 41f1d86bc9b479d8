"""Races for a plan's last slot and a pool's last addresses. Each first shows that without its guard the race is lost."""

from __future__ import annotations

from unittest import mock
from uuid import UUID

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import User
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from vpn.models import FreeAddress, IpAssignment, NodeStatus, Server, VpnConfig
from vpn.services import devices
from vpn.services.devices import add_device, remove_device

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20


def add(user: User, name: str) -> VpnConfig:
    return add_device(user=user, name=name, location_slug="ams", public_key=new_key())


def nodes_report() -> None:
    """Twenty rounds take longer on a busy machine than a node may be silent."""
    NodeStatus.objects.update(last_report_at=timezone.now())


def one_slot_left(round_number: int) -> User:
    nodes_report()
    user = make_user(f"alice{round_number}@example.com")
    grant(user, "basic")
    for number in range(4):
        add(user, f"old {number}")
    return user


class TestTheLastSlot:
    def test_without_the_customers_lock_too_many_get_in(self) -> None:
        make_server(make_location("ams"))
        overbooked = 0
        with mock.patch.object(devices, "lock_customer"):
            for number in range(ROUNDS):
                user = one_slot_left(number)
                crowd(8, lambda n, user=user: add(user, f"new {n}"))  # type: ignore[misc]
                overbooked += VpnConfig.objects.live().filter(user=user).count() > 5
                if overbooked:
                    break
        assert overbooked, "the negative control never lost the race, so the test below proves nothing"

    def test_of_20_at_once_exactly_one_gets_in(self) -> None:
        make_server(make_location("ams"), network_v4="10.80.0.0/20")
        for number in range(ROUNDS):
            user = one_slot_left(number)
            outcomes = crowd(20, lambda n, user=user: add(user, f"new {n}"))  # type: ignore[misc]
            assert outcomes == {"ok": 1, "device_limit_reached": 19}
            assert VpnConfig.objects.live().filter(user=user).count() == 5
        assert_invariants()


def three_addresses_left() -> Server:
    """A /28 has 13 addresses for customers: 16 less network, server and broadcast."""
    server = make_server(make_location("ams"), network_v4="10.80.0.0/28", network_v6="fd80::/64")
    for number in range(10):
        add(make_user(f"old{number}@example.com"), "old")
    return server


def claim_without_lock(server_id: UUID) -> int | None:
    """What `claim_free_host` would be if it looked and took in two steps."""
    row = FreeAddress.objects.filter(server_id=server_id).order_by("available_at", "host").first()
    if row is None:
        return None
    FreeAddress.objects.filter(pk=row.pk).delete()
    return row.host


class TestTheLastAddresses:
    def test_without_the_row_lock_people_collide(self) -> None:
        three_addresses_left()
        people = [make_user(f"new{number}@example.com") for number in range(16)]
        with mock.patch("vpn.services.addresses.claim_free_host", claim_without_lock):
            outcomes = crowd(16, lambda n: add(people[n], "new"))
        # The unique index still saves the data, but people get an error of ours instead of an address.
        assert outcomes["ok"] < 3 or any("IntegrityError" in outcome for outcome in outcomes)

    def test_of_64_at_once_exactly_three_get_one(self) -> None:
        server = three_addresses_left()
        people = [make_user(f"new{number}@example.com") for number in range(64)]
        for _ in range(ROUNDS):
            nodes_report()
            outcomes = crowd(64, lambda n: add(people[n], "new"))
            assert outcomes == {"ok": 3, "location_full": 61}
            assert_invariants()
            # Give the three back, quarantine over, for the next round.
            for device in VpnConfig.objects.live().filter(name="new"):
                remove_device(user=device.user, device_id=device.pk)
            FreeAddress.objects.filter(server=server).update(available_at="2020-01-01T00:00:00Z")
        assert IpAssignment.objects.live().count() == 10


def test_one_name_and_one_key_are_given_once() -> None:
    make_server(make_location("ams"))
    alice = make_user("alice@example.com")
    grant(alice, "pro")
    assert crowd(8, lambda n: add(alice, "Laptop")) == {"ok": 1, "device_name_taken": 7}
    key = new_key()
    people = [make_user(f"p{number}@example.com") for number in range(8)]
    outcomes = crowd(8, lambda n: add_device(user=people[n], name="x", location_slug="ams", public_key=key))
    assert outcomes == {"ok": 1, "public_key_in_use": 7}
    assert_invariants()


def test_a_request_repeated_at_once_makes_one_device() -> None:
    make_server(make_location("ams"))
    alice = make_user("alice@example.com")
    key = new_key()
    made: list[object] = []
    outcomes = crowd(8, lambda n: made.append(add_device(user=alice, name="x", location_slug="ams", public_key=key).pk))
    assert outcomes == {"ok": 8}
    assert len(set(made)) == 1
    assert_invariants()


def test_a_device_is_removed_once() -> None:
    make_server(make_location("ams"))
    alice = make_user("alice@example.com")
    device = add(alice, "Laptop")
    assert crowd(8, lambda n: remove_device(user=alice, device_id=device.pk)) == {"ok": 1, "not_found": 7}
    assert FreeAddress.objects.filter(host=2).count() == 1
    assert_invariants()


def test_creations_and_removals_at_once_keep_the_books() -> None:
    server = make_server(make_location("ams"), network_v4="10.80.0.0/26")
    people = [make_user(f"p{number}@example.com") for number in range(16)]

    def act(number: int) -> None:
        for _ in range(5):
            device = add(people[number], "x")
            remove_device(user=people[number], device_id=device.pk)

    # 80 creations and 61 addresses, each quarantined after its use: some are refused, nobody fails.
    assert set(crowd(16, act)) <= {"ok", "location_full"}
    assert_invariants()
    server.refresh_from_db()
    assert server.revision == 2 * VpnConfig.objects.exclude(revoked_at=None).count()


def test_an_unknown_violation_is_not_hidden() -> None:
    error = IntegrityError("some other constraint")
    assert devices.conflict_of(error) is error
