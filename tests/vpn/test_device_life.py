"""Pause, end date, new key, removal with proof: over the API, judged by what servers are wished to hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from nexusvpn.errors import Conflict
from tests.api_client import ApiClient
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from tests.vpn.acting import add, confirm, report, row, wanted
from vpn.errors import DeviceSuspended
from vpn.models import IpAssignment, Peer, Server, VpnConfig
from vpn.services.admission import settle_customer
from vpn.services.desired_state import changes_after, snapshot
from vpn.services.device_life import (
    devices_with_open_handovers,
    end_handovers,
    people_with_expired_devices,
    resume_device,
    rotate_key,
    suspend_device,
)
from vpn.services.places import place_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(db: None) -> Server:
    return make_server(make_location("ams"))


class TestSuspension:
    def test_a_suspended_device_keeps_its_addresses_and_comes_back(
        self, alice: User, alice_api: ApiClient, server: Server
    ) -> None:
        device = add(alice)
        confirm(server)
        before = IpAssignment.objects.get()
        answer = alice_api.post(f"devices/{device.pk}/suspend", {})
        # The node has not said yet that it is gone.
        assert (answer.data["state"], answer.data["unconfirmed"]) == ("suspending", ["AMS"])
        confirm(server)
        assert alice_api.get(f"devices/{device.pk}").data["state"] == "suspended"
        assert_invariants()
        answer = alice_api.post(f"devices/{device.pk}/resume", {})
        assert answer.data["state"] == "activating"
        confirm(server)
        answer = alice_api.get(f"devices/{device.pk}")
        assert (answer.data["state"], answer.data["ipv4"]) == ("active", before.ipv4)

    def test_what_staff_suspended_only_staff_resumes(self, alice: User, alice_api: ApiClient, server: Server) -> None:
        device = add(alice)
        suspend_device(user=alice, device_id=device.pk, by=VpnConfig.SuspendedBy.STAFF)
        assert alice_api.post(f"devices/{device.pk}/resume", {}).code == "suspended_by_staff"
        resume_device(user=alice, device_id=device.pk, by=VpnConfig.SuspendedBy.STAFF)
        assert alice_api.post(f"devices/{device.pk}/resume", {}).code == "not_suspended"
        assert wanted(server) == {device.public_key}

    def test_staff_suspend_what_its_customer_suspended_too(
        self, alice: User, alice_api: ApiClient, server: Server
    ) -> None:
        device = add(alice)
        alice_api.post(f"devices/{device.pk}/suspend", {})
        assert alice_api.post(f"devices/{device.pk}/suspend", {}).code == "already_suspended"
        suspend_device(user=alice, device_id=device.pk, by=VpnConfig.SuspendedBy.STAFF)
        with pytest.raises(Conflict, match="suspended already"):
            suspend_device(user=alice, device_id=device.pk, by=VpnConfig.SuspendedBy.STAFF)
        assert wanted(server) == set()

    @pytest.mark.parametrize("first", ["customer", "staff"])
    def test_a_device_is_off_until_both_have_resumed_it(
        self, alice: User, alice_api: ApiClient, server: Server, first: str
    ) -> None:
        device = add(alice)
        acts = {
            "customer": lambda verb: alice_api.post(f"devices/{device.pk}/{verb}", {}),
            "staff": lambda verb: {"suspend": suspend_device, "resume": resume_device}[verb](
                user=alice, device_id=device.pk, by=VpnConfig.SuspendedBy.STAFF
            ),
        }
        second = "staff" if first == "customer" else "customer"
        for who, verb, off in (
            (second, "suspend", True),
            (first, "suspend", True),
            (first, "resume", True),
            (second, "resume", False),
        ):
            acts[who](verb)
            assert wanted(server) == (set() if off else {device.public_key}), (who, verb)
            assert_invariants()

    def test_a_new_place_is_refused_while_suspended(self, alice: User, alice_api: ApiClient, server: Server) -> None:
        make_server(make_location("zrh"), network_v4="10.81.0.0/24", network_v6="fd81::/64")
        device = add(alice)
        alice_api.post(f"devices/{device.pk}/suspend", {})
        assert place_for(user=alice, device_id=device.pk).ipv4 == IpAssignment.objects.get().ipv4

        with pytest.raises(DeviceSuspended):
            place_for(user=alice, device_id=device.pk, location_slug="zrh")

    def test_another_persons_device_does_not_exist(self, alice: User, bob_api: ApiClient, server: Server) -> None:
        device = add(alice)
        for what in ("suspend", "resume"):
            assert bob_api.post(f"devices/{device.pk}/{what}", {}).status == 404
        assert bob_api.post(f"devices/{device.pk}/rotate-key", {"public_key": new_key()}).status == 404


class TestExpiry:
    def test_a_device_ends_at_its_time_and_comes_back_without_one(
        self, alice: User, alice_api: ApiClient, server: Server
    ) -> None:
        device = add(alice)
        ends = timezone.now() + timedelta(hours=1)
        answer = alice_api.patch(f"devices/{device.pk}", {"expires_at": ends.isoformat()})
        assert answer.status == 200, answer.body
        assert wanted(server) == {device.public_key}
        with time_machine.travel(ends + timedelta(seconds=1), tick=False):
            assert people_with_expired_devices() == [alice.pk]
            settle_customer(alice.pk)
            assert people_with_expired_devices() == []
            assert wanted(server) == set()
            device.refresh_from_db()
            assert device.blocked == "expired"
            answer = alice_api.patch(f"devices/{device.pk}", {"expires_at": None})
            assert (answer.data["expires_at"], answer.data["blocked"]) == (None, None)
            assert wanted(server) == {device.public_key}
        assert_invariants()

    def test_of_two_changes_neither_is_made_if_one_is_refused(
        self, alice: User, alice_api: ApiClient, server: Server
    ) -> None:
        device = add(alice)
        answer = alice_api.patch(f"devices/{device.pk}", {"name": "New", "expires_at": "2020-01-01T00:00:00Z"})
        assert answer.status == 400
        assert alice_api.get(f"devices/{device.pk}").data["name"] == "Phone"

    @pytest.mark.parametrize("value", ["yesterday", "2020-01-01T00:00:00Z", 7])
    def test_a_time_that_is_over_or_none_is_refused(
        self, alice: User, alice_api: ApiClient, server: Server, value: Any
    ) -> None:
        device = add(alice)
        answer = alice_api.patch(f"devices/{device.pk}", {"expires_at": value})
        assert (answer.status, set(answer.fields)) == (400, {"expires_at"})


class TestKeyRotation:
    def test_the_former_key_stays_until_the_new_one_is_in_use(
        self, alice: User, alice_api: ApiClient, server: Server
    ) -> None:
        device = add(alice)
        confirm(server)
        former, key, address = device.public_key, new_key(), IpAssignment.objects.get().ipv4
        answer = alice_api.post(f"devices/{device.pk}/rotate-key", {"public_key": key})
        assert (answer.data["public_key"], answer.data["ipv4"]) == (key, address)
        assert wanted(server) == {former, key}
        assert Peer.objects.get(public_key=key).takes_over == former
        assert_invariants()
        # Nobody has used the new key: nothing ends.
        assert end_handovers(device_id=device.pk) == 0
        device.refresh_from_db()
        report(server, [row(device, 1, 1)])
        assert end_handovers(device_id=device.pk) == 1
        assert wanted(server) == {key}
        assert_invariants()

    def test_after_the_grace_the_former_key_is_dead_in_any_case(self, alice: User, server: Server) -> None:
        device = add(alice)
        key = new_key()
        rotate_key(user=alice, device_id=device.pk, public_key=key)
        assert devices_with_open_handovers() == []
        with time_machine.travel(timezone.now() + timedelta(seconds=126)):
            assert devices_with_open_handovers() == [device.pk]
            assert end_handovers(device_id=device.pk) == 1
        assert wanted(server) == {key}

    def test_a_second_rotation_drops_what_the_first_left(self, alice: User, server: Server) -> None:
        device = add(alice)
        second, third = new_key(), new_key()
        rotate_key(user=alice, device_id=device.pk, public_key=second)
        rotate_key(user=alice, device_id=device.pk, public_key=third)
        assert wanted(server) == {second, third}
        assert_invariants()

    def test_a_repeated_request_changes_nothing_and_a_foreign_key_is_refused(
        self, alice: User, bob: User, alice_api: ApiClient, server: Server
    ) -> None:
        device, others = add(alice), add(bob)
        key = new_key()
        path = f"devices/{device.pk}/rotate-key"
        assert alice_api.post(path, {"public_key": key}).status == 200
        server.refresh_from_db()
        revision = server.revision
        assert alice_api.post(path, {"public_key": key}).status == 200
        server.refresh_from_db()
        assert server.revision == revision
        assert alice_api.post(path, {"public_key": others.public_key}).code == "public_key_in_use"
        assert alice_api.post(path, {"public_key": "short"}).code == "invalid_public_key"

    def test_a_suspended_device_takes_the_new_key_when_it_comes_back(
        self, alice: User, alice_api: ApiClient, server: Server
    ) -> None:
        device = add(alice)
        alice_api.post(f"devices/{device.pk}/suspend", {})
        key = new_key()
        alice_api.post(f"devices/{device.pk}/rotate-key", {"public_key": key})
        assert wanted(server) == set()
        alice_api.post(f"devices/{device.pk}/resume", {})
        assert wanted(server) == {key}
        assert_invariants()

    def test_the_node_is_told_whose_place_the_new_key_takes(self, alice: User, server: Server) -> None:
        device = add(alice)
        former, key = device.public_key, new_key()
        rotate_key(user=alice, device_id=device.pk, public_key=key)
        server.refresh_from_db()
        ops = changes_after(server_id=server.pk, epoch=str(server.epoch), after=0).ops
        assert [(op["op"], op["public_key"], op.get("takes_over")) for op in ops] == [
            ("upsert", former, None),
            ("upsert", key, former),
        ]
        whole = snapshot(server=server, allow_mass_removal=False)
        assert [(peer["public_key"], peer["takes_over"]) for peer in whole["peers"]] == [(key, former)]
        assert whole["removed"] == []


class TestRemoval:
    def test_it_is_proven_by_every_node_that_held_the_device(
        self, alice: User, alice_api: ApiClient, server: Server
    ) -> None:
        other = make_server(make_location("zrh"), network_v4="10.81.0.0/24", network_v6="fd81::/64")
        grant(alice, "basic")
        device = add(alice)
        place_for(user=alice, device_id=device.pk, location_slug="zrh")
        confirm(server)
        confirm(other)
        answer = alice_api.delete(f"devices/{device.pk}")
        assert (answer.data["state"], answer.data["unconfirmed"]) == ("removing", ["AMS", "ZRH"])
        confirm(other)
        answer = alice_api.get(f"devices/{device.pk}")
        assert (answer.data["state"], answer.data["unconfirmed"], answer.data["removed_at"]) == (
            "removing",
            ["AMS"],
            None,
        )
        confirm(server)
        answer = alice_api.get(f"devices/{device.pk}")
        assert (answer.data["state"], answer.data["unconfirmed"]) == ("removed", [])
        assert answer.data["removed_at"] is not None
        assert alice_api.get("devices").data["total"] == 0
        assert_invariants()

    def test_a_device_that_no_node_holds_needs_no_confirmation(
        self, alice: User, alice_api: ApiClient, server: Server
    ) -> None:
        device = add(alice)
        alice_api.post(f"devices/{device.pk}/suspend", {})
        confirm(server)
        assert alice_api.delete(f"devices/{device.pk}").data["state"] == "removed"
