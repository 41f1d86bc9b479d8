"""The emergency stop: everybody off, shown by confirmations, and back the same way."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from nexusvpn.errors import Conflict, InvalidInput
from tests.admin.addresses import save
from tests.api_client import ApiClient
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from tests.vpn.acting import add, confirm, wanted
from vpn.errors import LocationUnavailable
from vpn.models import EmergencyStop, IpAssignment, Location, Server, VpnConfig
from vpn.services.desired_state import snapshot
from vpn.services.device_life import resume_device, suspend_device
from vpn.services.devices import remove_device
from vpn.services.nodes import enrol_node, issue_enrolment_token
from vpn.services.stops import end_stop, enforce_stops, open_stops, progress_of, start_stop
from vpn.services.wishes import wish_peer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def servers(db: None) -> list[Server]:
    ams = make_location("ams")
    rows = [make_server(ams, network_v4=f"10.9{n}.0.0/24", network_v6=f"fd9{n}::/64") for n in range(2)]
    return [*rows, make_server(make_location("zrh"), network_v4="10.92.0.0/24", network_v6="fd92::/64")]


@pytest.fixture
def devices(alice: User, servers: list[Server]) -> list[str]:
    grant(alice, "pro")
    return [add(alice, str(number), "zrh" if number % 3 == 2 else "ams").public_key for number in range(6)]


def everywhere(servers: list[Server]) -> list[set[str]]:
    return [wanted(server) for server in servers]


def shown(api: ApiClient) -> tuple[str, str]:
    """What is said of the newest device and of its place."""
    item = api.get("devices").data["items"][0]
    return item["state"], item["places"][0]["state"]


def test_a_fleet_stops_and_comes_back_with_the_same_addresses(
    sam: User, alice_api: ApiClient, servers: list[Server], devices: list[str]
) -> None:
    for server in servers:
        confirm(server)
    before, places = everywhere(servers), set(IpAssignment.objects.values_list("ipv4", "server"))
    stop = start_stop(by=sam, reason="Keys leaked")
    assert everywhere(servers) == [set(), set(), set()]
    assert sorted(row.unconfirmed for row in progress_of(stop)) == [2, 2, 2]
    assert not any(location["online"] for location in alice_api.get("locations").data["items"])
    # A customer is told of it only once the node has confirmed it: until then the tunnel may still work.
    assert shown(alice_api) == ("suspending", "suspending")
    for server in servers:
        confirm(server)
    assert shown(alice_api) == ("stopped", "stopped")
    assert sum(row.unconfirmed for row in progress_of(stop)) == 0
    assert_invariants()
    end_stop(stop_id=stop.pk, by=sam)
    assert everywhere(servers) == before
    assert set(IpAssignment.objects.values_list("ipv4", "server")) == places
    assert_invariants()


def test_while_it_holds_nobody_gets_in_and_what_changed_meanwhile_is_right_afterwards(
    sam: User, alice: User, servers: list[Server], devices: list[str]
) -> None:
    stop = start_stop(by=sam, reason="Test", location=servers[0].location)
    assert wanted(servers[2]) != set()
    rows = {a.device.public_key: a.device for a in IpAssignment.objects.select_related("device")}
    paused, gone = (rows[key] for key in devices[:2])
    suspend_device(user=alice, device_id=paused.pk, by=VpnConfig.SuspendedBy.CUSTOMER)
    resume_device(user=alice, device_id=paused.pk, by=VpnConfig.SuspendedBy.CUSTOMER)
    suspend_device(user=alice, device_id=paused.pk, by=VpnConfig.SuspendedBy.CUSTOMER)
    remove_device(user=alice, device_id=gone.pk)
    assert wanted(servers[0]) | wanted(servers[1]) == set()
    assert_invariants()
    end_stop(stop_id=stop.pk, by=sam)
    assert wanted(servers[0]) | wanted(servers[1]) == set(devices) - wanted(servers[2]) - {
        paused.public_key,
        gone.public_key,
    }
    assert_invariants()


def test_it_is_done_only_when_every_server_was_ordered_and_every_node_has_confirmed(
    sam: User, servers: list[Server], devices: list[str]
) -> None:
    for server in servers:
        confirm(server)
    # The row is there, and nothing was ordered yet.
    stop = EmergencyStop.objects.create(scope="fleet", reason="A leak", started_by=sam)
    assert [row.is_done for row in progress_of(stop)] == [False, False, False]
    enforce_stops()
    assert {row.server.pk: (row.unconfirmed, row.is_done) for row in progress_of(stop)} == {
        server.pk: (2, False) for server in servers
    }
    confirm(servers[1])
    assert [row.server.pk for row in progress_of(stop) if row.is_done] == [servers[1].pk]
    # Those that are not done come first.
    assert progress_of(stop)[-1].server == servers[1]


def test_after_its_end_it_shows_who_is_back_by_confirmations_too(
    sam: User, servers: list[Server], devices: list[str]
) -> None:
    fleet = start_stop(by=sam, reason="A leak")
    start_stop(by=sam, reason="This one longer", server=servers[0])
    for server in servers:
        confirm(server)
    ended = end_stop(stop_id=fleet.pk, by=sam)
    rows = {row.server.pk: (row.unconfirmed, row.is_ordered, row.is_done) for row in progress_of(ended)}
    assert rows == {
        servers[0].pk: (0, False, False),
        servers[1].pk: (2, True, False),
        servers[2].pk: (2, True, False),
    }
    confirm(servers[1])
    assert [row.server.pk for row in progress_of(ended) if row.is_done] == [servers[1].pk]


def test_the_stops_over_a_server_are_its_own_its_locations_and_the_fleets(sam: User, servers: list[Server]) -> None:
    ams, zrh = servers[0], servers[2]
    one = start_stop(by=sam, reason="One", server=ams)
    there = start_stop(by=sam, reason="There", location=ams.location)
    fleet = start_stop(by=sam, reason="All")
    assert set(open_stops()) == {one, there, fleet}
    assert set(open_stops(server=ams)) == {one, there, fleet}
    assert set(open_stops(server=servers[1])) == {there, fleet}
    assert set(open_stops(location=ams.location)) == {there, fleet}
    assert set(open_stops(server=zrh)) == set(open_stops(location=zrh.location)) == {fleet}
    end_stop(stop_id=fleet.pk, by=sam)
    assert set(open_stops(server=zrh)) == set()


def test_a_server_under_two_stops_waits_for_both(sam: User, servers: list[Server], devices: list[str]) -> None:
    fleet = start_stop(by=sam, reason="Everything")
    one = start_stop(by=sam, reason="This one too", server=servers[0])
    end_stop(stop_id=fleet.pk, by=sam)
    assert wanted(servers[0]) == set()
    assert wanted(servers[1]) != set()
    end_stop(stop_id=one.pk, by=sam)
    assert wanted(servers[0]) != set()
    assert_invariants()


def test_refusals(sam: User, servers: list[Server]) -> None:
    with pytest.raises(InvalidInput):
        start_stop(by=sam, reason="  ")
    stop = start_stop(by=sam, reason="A leak")
    with pytest.raises(Conflict) as refused:
        start_stop(by=sam, reason="Again")
    assert refused.value.code == "already_stopped"
    end_stop(stop_id=stop.pk, by=sam)
    with pytest.raises(Conflict) as refused:
        end_stop(stop_id=stop.pk, by=sam)
    assert refused.value.code == "already_ended"
    assert EmergencyStop.objects.get().ended_by == sam


def test_what_an_interrupted_stop_left_out_is_done_by_the_next_look(
    sam: User, servers: list[Server], devices: list[str]
) -> None:
    # The row is there, and the process died before it came to the servers.
    EmergencyStop.objects.create(scope="fleet", reason="A leak", started_by=sam)
    assert enforce_stops() == 3
    assert enforce_stops() == 0
    assert everywhere(servers) == [set(), set(), set()]
    assert_invariants()


def test_a_stopped_server_may_empty_its_interface(sam: User, servers: list[Server], devices: list[str]) -> None:
    start_stop(by=sam, reason="A leak")
    held = servers[0].peers.values_list("public_key", flat=True)
    whole = snapshot(server=Server.objects.get(pk=servers[0].pk), allow_mass_removal=False)
    assert (whole["peers"], sorted(whole["removed"]), whole["allow_mass_removal"]) == ([], sorted(held), True)


def test_a_key_that_changes_just_as_its_server_stops_hides_no_order(sam: User, alice: User) -> None:
    server = make_server(make_location("zrh"), network_v4="10.99.0.0/24", network_v6="fd99::/64")
    device = add(alice, "Just now", "zrh")
    start_stop(by=sam, reason="test", server=server)
    # The change has read its wishes before the stop, and writes after it.
    wish_peer(assignment=device.assignments.get(), public_key=new_key(), wanted=True, takes_over=device.public_key)
    whole = snapshot(server=server, allow_mass_removal=False)
    assert whole["peers"] == []
    assert device.public_key in whole["removed"]


class TestAServerThatComesUnderAStop:
    """A stop that holds covers whatever becomes part of it, from the first moment."""

    @pytest.fixture
    def browser(self, sam: User) -> Client:
        client = Client()
        client.force_login(sam)
        return client

    def form(self, location: Location) -> dict[str, object]:
        return {
            "name": "new-1",
            "location": location.pk,
            "capacity": 250,
            "public_endpoint": "203.0.113.11",
            "port": 51820,
            "network_v4": "10.99.0.0/24",
            "network_v6": "fd99::/64",
            "dns": "9.9.9.9",
            "mtu": 1420,
        }

    @pytest.mark.parametrize("scope", ["location", "fleet"])
    def test_a_server_added_in_the_admin_is_stopped(self, browser: Client, sam: User, scope: str) -> None:
        ams = make_location("ams")
        start_stop(by=sam, reason="test", location=ams if scope == "location" else None)
        assert browser.post(reverse("admin:vpn_server_add"), self.form(ams)).status_code == 302
        assert Server.objects.get().stopped_at is not None

    def test_a_server_that_moves_under_a_stop_is_stopped(self, browser: Client, sam: User) -> None:
        ams, zrh = make_location("ams"), make_location("zrh")
        browser.post(reverse("admin:vpn_server_add"), self.form(ams))
        start_stop(by=sam, reason="test", location=zrh)
        server = Server.objects.get()
        assert server.stopped_at is None
        save(browser, reverse("admin:vpn_server_change", args=[server.pk]), self.form(zrh))
        server.refresh_from_db()
        assert (server.location, server.stopped_at is not None) == (zrh, True)

    def test_an_enrolled_node_takes_no_device_until_the_stop_is_over(self, alice: User, sam: User) -> None:
        ams = make_location("ams")
        stop = start_stop(by=sam, reason="test", location=ams)
        server = make_server(ams, state="enrolling", public_key=None)
        enrol_node(token=issue_enrolment_token(server), public_key=new_key())
        confirm(server)
        with pytest.raises(LocationUnavailable):
            add(alice)
        end_stop(stop_id=stop.pk, by=sam)
        device = add(alice)
        assert wanted(server) == {device.public_key}
        assert_invariants()

    def test_elsewhere_it_is_not_stopped(self, browser: Client, sam: User) -> None:
        start_stop(by=sam, reason="test", location=make_location("zrh"))
        browser.post(reverse("admin:vpn_server_add"), self.form(make_location("ams")))
        assert Server.objects.get().stopped_at is None
