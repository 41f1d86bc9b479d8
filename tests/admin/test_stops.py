"""The emergency stop in the admin: who may, what is asked, and that "gone" is said only when every node has said so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from tests.admin.addresses import TOO_LATE, action, allow, change
from tests.admin.rows.vpn import new_server
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server
from tests.queries import recorded_queries
from tests.vpn.acting import add, confirm, wanted
from vpn.models import EmergencyStop, Server
from vpn.services.stops import end_stop, start_stop

FLEET = "/admin/vpn/emergencystop/fleet/"


@pytest.fixture
def ams(db: None) -> Server:
    return make_server(make_location("ams", name="Amsterdam"), name="ams-1")


@pytest.fixture
def zrh(db: None) -> Server:
    return make_server(
        make_location("zrh", name="Zürich"), name="zrh-1", network_v4="10.90.0.0/24", network_v6="fd90::/64"
    )


@pytest.fixture
def devices(ams: Server, zrh: Server, alice: User) -> None:
    """Two on each server, confirmed."""
    grant(alice, "pro")
    for number in range(4):
        add(alice, str(number), "ams" if number % 2 else "zrh")
    confirm(ams)
    confirm(zrh)


def progress(browser: Client, stop: EmergencyStop) -> str:
    return browser.get(reverse("admin:vpn_emergencystop_progress", args=[stop.pk])).content.decode()


def test_a_server_is_stopped_for_a_reason_and_leads_to_its_progress(
    staff: Client, sam: User, ams: Server, zrh: Server, devices: None
) -> None:
    asked = staff.get(action(ams, "emergency-stop")).content.decode()
    assert "Everybody is disconnected from the server ams-1 at once" in asked
    assert staff.post(action(ams, "emergency-stop"), {"reason": "  "}).status_code == 400
    assert not EmergencyStop.objects.exists()
    answer = staff.post(action(ams, "emergency-stop"), {"reason": "Keys leaked"})
    stop = EmergencyStop.objects.get()
    assert answer["Location"] == change(stop)
    assert (stop.server, stop.location, stop.reason, stop.started_by) == (ams, None, "Keys leaked", sam)
    assert (wanted(ams), len(wanted(zrh))) == (set(), 2)
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message, entry.user) == (str(ams.pk), "Emergency stop: Keys leaked", sam)
    again = staff.post(action(ams, "emergency-stop"), {"reason": "Again"}, follow=True)
    assert "This is stopped already." in again.content.decode()


def test_a_stop_is_named_by_what_it_stops(staff: Client, sam: User, ams: Server, zrh: Server) -> None:
    stops = [
        (start_stop(by=sam, reason="Keys leaked", server=ams), "ams-1: Keys leaked"),
        (start_stop(by=sam, reason="Raid", location=zrh.location), "Zürich: Raid"),
        (start_stop(by=sam, reason="All of it"), "The whole fleet: All of it"),
    ]
    for stop, name in stops:
        assert f"<h2>{name}</h2>" in staff.get(change(stop)).text.replace("<wbr>", "")


def test_a_location_is_stopped_with_all_its_servers(staff: Client, ams: Server, zrh: Server, devices: None) -> None:
    asked = staff.get(action(ams.location, "emergency-stop")).content.decode()
    assert "from every server of Amsterdam" in asked
    staff.post(action(ams.location, "emergency-stop"), {"reason": "A raid"})
    assert EmergencyStop.objects.get().location == ams.location
    assert (wanted(ams), len(wanted(zrh))) == (set(), 2)


def test_the_fleet_is_stopped_by_superusers_alone(
    staff: Client, helper: User, helper_browser: Client, ams: Server, zrh: Server, devices: None
) -> None:
    allow(helper, "add_emergencystop", "change_emergencystop", "view_emergencystop")
    assert FLEET not in helper_browser.get("/admin/vpn/emergencystop/").content.decode()
    for method in (helper_browser.get, helper_browser.post):
        assert method(FLEET, {"reason": "A leak"}).status_code == 403
    assert FLEET in staff.get("/admin/vpn/emergencystop/").content.decode()
    assert "from every server of the fleet" in staff.get(FLEET).content.decode()
    assert staff.post(FLEET, {"reason": ""}).status_code == 400
    assert not EmergencyStop.objects.exists()
    answer = staff.post(FLEET, {"reason": "A leak"})
    stop = EmergencyStop.objects.get()
    assert answer["Location"] == change(stop)
    assert wanted(ams) == wanted(zrh) == set()
    assert LogEntry.objects.get().change_message == "Stop the whole fleet: A leak"
    again = staff.post(FLEET, {"reason": "Again"})
    assert again.status_code == 409
    assert "This is stopped already." in again.content.decode()


def test_gone_is_said_only_when_every_node_has_said_so(
    staff: Client, sam: User, ams: Server, zrh: Server, devices: None
) -> None:
    stop = start_stop(by=sam, reason="A leak")
    for text in (progress(staff, stop), staff.get(change(stop)).content.decode()):
        assert "4 peers not confirmed gone yet" in text
        assert "All gone" not in text
    confirm(ams)
    text = progress(staff, stop)
    assert "2 peers not confirmed gone yet" in text
    assert "Servers that have confirmed everything: 1 of 2." in text
    assert text.index("zrh-1") < text.index("ams-1")
    confirm(zrh)
    assert '<p class="staff-answer">All gone</p>' in progress(staff, stop)


def test_a_server_that_has_no_order_yet_is_not_said_to_be_empty(staff: Client, sam: User, ams: Server) -> None:
    stop = EmergencyStop.objects.create(scope="fleet", reason="A leak", started_by=sam)
    text = progress(staff, stop)
    assert "Not every server has its order yet" in text
    assert "Not ordered yet" in text
    assert "Servers that have confirmed everything: 0 of 1." in text
    # What the node has not been asked for is not said to be none.
    assert '<td data-label="Not confirmed">–</td>' in text
    assert "All gone" not in text


def test_it_is_ended_the_same_way_and_shows_who_is_back(
    staff: Client, sam: User, ams: Server, zrh: Server, devices: None
) -> None:
    stop = start_stop(by=sam, reason="A leak")
    confirm(ams)
    confirm(zrh)
    assert action(stop, "end") in staff.get(change(stop)).content.decode()
    assert staff.get(action(stop, "end")).status_code == 200
    assert EmergencyStop.objects.get().ended_at is None
    page = staff.post(action(stop, "end"), follow=True).content.decode()
    assert EmergencyStop.objects.get().ended_by == sam
    assert "4 peers not confirmed back yet" in page
    assert action(stop, "end") not in page
    assert len(wanted(ams)) == len(wanted(zrh)) == 2
    confirm(ams)
    confirm(zrh)
    assert "Everybody is back" in progress(staff, stop)
    assert LogEntry.objects.get().change_message == "End the stop"
    assert TOO_LATE in staff.post(action(stop, "end"), follow=True).content.decode()


def test_changing_servers_is_not_enough_to_stop_one_and_starting_not_enough_to_end(
    helper: User, helper_browser: Client, ams: Server, sam: User
) -> None:
    allow(helper, "view_server", "change_server", "view_location", "change_location")
    for row in (ams, ams.location):
        assert action(row, "emergency-stop") not in helper_browser.get(change(row)).content.decode()
        assert helper_browser.post(action(row, "emergency-stop"), {"reason": "A leak"}).status_code == 403
    allow(helper, "add_emergencystop")
    # Whoever may not see the server does not stop it either.
    assert helper_browser.post(action(ams, "emergency-stop"), {"reason": "A leak"}).status_code == 403
    assert not EmergencyStop.objects.exists()
    allow(helper, "add_emergencystop", "view_server")
    assert action(ams, "emergency-stop") in helper_browser.get(change(ams)).content.decode()
    page = helper_browser.post(action(ams, "emergency-stop"), {"reason": "A leak"}, follow=True)
    assert page.status_code == 200
    stop = EmergencyStop.objects.get()
    assert helper_browser.get(reverse("admin:vpn_emergencystop_progress", args=[stop.pk])).status_code == 200
    assert helper_browser.post(action(stop, "end")).status_code == 403
    allow(helper, "change_emergencystop")
    assert helper_browser.post(action(stop, "end")).status_code == 302
    stop.refresh_from_db()
    assert stop.ended_by == helper


def test_progress_is_for_who_may_see_stops(helper_browser: Client, staff: Client, alice: User, sam: User) -> None:
    address = reverse("admin:vpn_emergencystop_progress", args=[start_stop(by=sam, reason="A leak").pk])
    assert helper_browser.get(address).status_code == 403
    customer = Client()
    customer.force_login(alice)
    assert customer.get(address, follow=True).status_code == 403
    assert Client().get(address).status_code == 302
    assert staff.get(reverse("admin:vpn_emergencystop_progress", args=[0])).status_code == 404


def test_open_stops_are_the_first_thing_at_home_and_on_what_they_stop(
    staff: Client, sam: User, ams: Server, zrh: Server
) -> None:
    silent = new_server()
    silent.status.__class__.objects.filter(pk=silent.pk).update(last_report_at=None)
    stop = start_stop(by=sam, reason="A leak <b>", location=ams.location)
    EmergencyStop.objects.update(started_at=timezone.now() - timedelta(seconds=150))
    words = "Emergency stop of Amsterdam, begun 2 min ago: A leak &lt;b&gt;"
    home = staff.get("/admin/").content.decode()
    assert home.index(words) < home.index(f"{silent.name}: node silent")
    assert f'<a href="{change(stop)}">{words}</a>' in home
    for row in (ams, ams.location):
        assert words in staff.get(change(row)).content.decode()
    for row in (zrh, zrh.location):
        assert words not in staff.get(change(row)).content.decode()
    end_stop(stop_id=stop.pk, by=sam)
    assert "Emergency stop of" not in staff.get("/admin/").content.decode()


def test_who_may_not_see_stops_learns_on_a_server_that_it_is_stopped_and_no_way_to_it(
    helper: User, helper_browser: Client, sam: User, ams: Server
) -> None:
    stop = start_stop(by=sam, reason="A leak", server=ams)
    allow(helper, "view_server")
    page = helper_browser.get(change(ams)).content.decode()
    assert "Emergency stop of ams-1" in page
    assert change(stop) not in page
    assert "Emergency stop of" not in helper_browser.get("/admin/").content.decode()


def test_progress_costs_the_same_with_1_and_with_50_servers_and_shows_what_is_not_done(
    staff: Client, sam: User, ams: Server, alice: User
) -> None:
    add(alice)
    confirm(ams)
    stop = start_stop(by=sam, reason="A leak")
    with recorded_queries() as few:
        progress(staff, stop)
    for _ in range(49):
        new_server()
    Server.objects.update(stopped_at=timezone.now())
    with recorded_queries() as many:
        text = progress(staff, stop)
    assert len(many) == len(few) <= 6
    assert text.count("<tr>") == 51
    assert "Servers that have confirmed everything: 49 of 50." in text
