"""Where devices go: the least loaded healthy server of a location, in any number of locations, one slot each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from billing.services.grants import revoke_grant
from nexusvpn.errors import NotFound
from tests.api_client import ApiClient
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server
from tests.invariants import assert_invariants
from tests.vpn.acting import add, confirm, silence, wanted
from vpn.errors import LocationFull, LocationUnavailable, PremiumLocation, UnknownLocation
from vpn.models import IpAssignment, Location, NodeStatus, Server, VpnConfig
from vpn.services.admission import settle_customer
from vpn.services.placement import healthy_servers
from vpn.services.places import place_for

pytestmark = pytest.mark.django_db(transaction=True)


def server_in(location: Location, number: int, **fields: object) -> Server:
    values = {"network_v4": f"10.{90 + number}.0.0/24", "network_v6": f"fd90:{number}::/64", **fields}
    return make_server(location, **values)


@pytest.fixture
def ams(db: None) -> Location:
    return make_location("ams")


class TestLoad:
    def test_the_least_loaded_per_capacity_is_chosen(self, alice: User, ams: Location) -> None:
        small, large = server_in(ams, 0, capacity=10), server_in(ams, 1, capacity=1000)
        NodeStatus.objects.filter(server=small).update(peer_count=5)
        NodeStatus.objects.filter(server=large).update(peer_count=100)
        add(alice)
        assert IpAssignment.objects.get().server == large

    def test_a_busy_processor_counts_too(self, alice: User, ams: Location) -> None:
        busy, calm = server_in(ams, 0), server_in(ams, 1)
        NodeStatus.objects.filter(server=busy).update(peer_count=0, cpu_percent=95)
        NodeStatus.objects.filter(server=calm).update(peer_count=100, cpu_percent=5)
        add(alice)
        assert IpAssignment.objects.get().server == calm

    def test_what_is_not_confirmed_yet_counts_already(self, alice: User, ams: Location) -> None:
        grant(alice, "pro")
        servers = [server_in(ams, n, capacity=100) for n in range(2)]
        for number in range(10):
            add(alice, str(number))
        assert [server.assignments.count() for server in servers] == [5, 5]

    def test_load_is_what_was_reported(self, ams: Location) -> None:
        server = server_in(ams, 0, capacity=200)
        NodeStatus.objects.filter(server=server).update(peer_count=50, applied_revision=0)
        assert [healthy.load for healthy in healthy_servers(ams.pk)] == [0.25]


class TestHealth:
    @pytest.mark.parametrize("fault", ["silent", "lost", "draining", "stopped", "offline"])
    def test_a_server_that_is_not_well_gets_nobody(self, alice: User, ams: Location, fault: str) -> None:
        server = server_in(ams, 0)
        if fault == "silent":
            silence(server)
        elif fault == "lost":
            NodeStatus.objects.update(lost_at=timezone.now() - timedelta(seconds=1))
        elif fault == "stopped":
            Server.objects.update(stopped_at=timezone.now())
        else:
            Server.objects.update(state=fault)
        with pytest.raises(LocationUnavailable):
            add(alice)
        assert not VpnConfig.objects.exists()
        server_in(ams, 1)
        add(alice)
        assert IpAssignment.objects.get().server != server

    def test_a_full_server_is_passed_over_and_not_locked(self, alice: User, ams: Location) -> None:
        grant(alice, "pro")
        full = server_in(ams, 0, network_v4="10.90.0.0/29", network_v6="fd90::/64", capacity=1000)
        for number in range(5):
            add(alice, str(number))
        other = server_in(ams, 1, capacity=1)
        add(alice, "sixth")
        assert other.assignments.count() == 1
        assert full.assignments.count() == 5
        Server.objects.filter(pk=other.pk).update(state="offline")
        with pytest.raises(LocationFull):
            add(alice, "seventh")
        assert_invariants()


class TestManyLocations:
    def test_a_device_is_placed_lazily_and_is_one_slot(self, alice: User, alice_api: ApiClient, ams: Location) -> None:
        home, away = server_in(ams, 0), server_in(make_location("zrh"), 1)
        device = add(alice)
        assert wanted(away) == set()
        first = place_for(user=alice, device_id=device.pk, location_slug="zrh")
        again = place_for(user=alice, device_id=device.pk, location_slug="zrh")
        assert (first.server, first.assignment_id) == (away, again.assignment_id)
        assert wanted(home) == wanted(away) == {device.public_key}
        confirm(home)
        answer = alice_api.get(f"devices/{device.pk}").data
        assert answer["state"] == "activating"
        assert [(place["location"], place["state"]) for place in answer["places"]] == [
            ("ams", "active"),
            ("zrh", "activating"),
        ]
        assert alice_api.post("devices", {"name": "Two", "location": "ams"}).code == "device_limit_reached"
        assert_invariants()

    def test_each_place_has_a_preshared_key_of_its_own_that_is_stored_encrypted(
        self, alice: User, ams: Location
    ) -> None:
        server_in(ams, 0)
        server_in(make_location("zrh"), 1)
        device = add(alice)
        keys = {place_for(user=alice, device_id=device.pk, location_slug=slug).preshared_key for slug in ("ams", "zrh")}
        assert len(keys) == 2
        for stored in IpAssignment.objects.values_list("preshared_key", flat=True):
            assert not any(key.encode() in bytes(stored or b"") for key in keys if key)

    def test_refusals(self, alice: User, bob: User, ams: Location) -> None:
        server_in(ams, 0)
        server_in(make_location("tyo", premium=True), 1)
        make_location("nowhere")
        device = add(alice)
        for slug, refusal in (("tyo", PremiumLocation), ("nowhere", LocationUnavailable), ("x", UnknownLocation)):
            with pytest.raises(refusal):
                place_for(user=alice, device_id=device.pk, location_slug=slug)
        with pytest.raises(NotFound):
            place_for(user=bob, device_id=device.pk)

    def test_a_premium_place_is_there_again_before_the_job_that_follows_the_plan(
        self, alice: User, ams: Location
    ) -> None:
        _, premium = server_in(ams, 0), server_in(make_location("tyo", premium=True), 1)
        held = grant(alice, "pro")
        device = add(alice)
        before = place_for(user=alice, device_id=device.pk, location_slug="tyo")
        revoke_grant(held)
        settle_customer(alice.pk)
        grant(alice, "pro")
        assert place_for(user=alice, device_id=device.pk, location_slug="tyo") == before
        assert wanted(premium) == {device.public_key}
        assert_invariants()

    def test_a_premium_place_ends_with_the_plan_and_comes_back_with_it(self, alice: User, ams: Location) -> None:
        home, premium = server_in(ams, 0), server_in(make_location("tyo", premium=True), 1)
        granted = grant(alice, "pro")
        device = add(alice)
        place_for(user=alice, device_id=device.pk, location_slug="tyo")
        granted.valid_until = timezone.now() - timedelta(minutes=1)
        granted.save()
        settle_customer(alice.pk)
        assert (wanted(home), wanted(premium)) == ({device.public_key}, set())
        with pytest.raises(PremiumLocation):
            place_for(user=alice, device_id=device.pk, location_slug="tyo")
        assert_invariants()
        grant(alice, "pro")
        settle_customer(alice.pk)
        assert wanted(premium) == {device.public_key}

    def test_a_premium_place_is_there_as_soon_as_the_plan_is_even_before_its_job_has_run(
        self, alice: User, ams: Location
    ) -> None:
        server_in(ams, 0)
        premium = server_in(make_location("tyo", premium=True), 1)
        granted = grant(alice, "pro")
        device = add(alice)
        place = place_for(user=alice, device_id=device.pk, location_slug="tyo")
        revoke_grant(granted)
        settle_customer(alice.pk)
        grant(alice, "pro")
        assert place_for(user=alice, device_id=device.pk, location_slug="tyo") == place
        assert wanted(premium) == {device.public_key}
        assert_invariants()


def test_beyond_the_plans_number_the_newest_devices_lose_their_tunnels(alice: User, ams: Location) -> None:
    server = server_in(ams, 0)
    granted = grant(alice, "basic")
    devices = [add(alice, str(number)) for number in range(3)]
    granted.valid_until = timezone.now() - timedelta(minutes=1)
    granted.save()
    settle_customer(alice.pk)
    assert wanted(server) == {devices[0].public_key}
    assert list(VpnConfig.objects.order_by("created_at").values_list("blocked", flat=True)) == [
        "",
        "plan_limit",
        "plan_limit",
    ]
    assert_invariants()
