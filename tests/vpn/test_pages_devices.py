"""A person's devices in a browser: the list, one of them, its name, its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from billing.models import Plan, PlanGrant
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from tests.queries import recorded_queries
from tests.vpn.acting import confirm
from vpn.models import IpAssignment, NodeStatus, Peer, Server, UsageRecord, VpnConfig
from vpn.services.admission import settle_customer
from vpn.services.devices import add_device, remove_device
from vpn.services.emptying import drain_server, move_devices, release_left_places
from vpn.services.places import place_for
from vpn.services.stops import start_stop

HOSTILE = "<script>alert(1)</script>'\"&"


@pytest.fixture
def ams(db: None) -> Server:
    return make_server(make_location("ams"))


@pytest.fixture
def page(ams: Server, alice: User) -> Client:
    grant(alice, "pro")
    client = Client()
    client.force_login(alice)
    return client


def add(user: User, name: str = "Laptop") -> VpnConfig:
    return add_device(user=user, name=name, location_slug="ams", public_key=new_key())


def test_the_list_is_empty_at_first_and_says_what_to_do(page: Client) -> None:
    text = page.get("/devices").text
    assert "You have no devices" in text
    assert "You use 0 of 10 devices" in text


def test_the_list_shows_only_the_persons_own_devices(page: Client, alice: User, bob: User) -> None:
    add(alice, "Phone")
    add(bob, "Bob's laptop")
    text = page.get("/devices").text
    assert "Phone" in text
    assert "Bob" not in text
    assert "You use 1 of 10 devices" in text


def test_a_removed_device_is_listed_with_who_has_yet_to_confirm_it(page: Client, alice: User, ams: Server) -> None:
    gone = add(alice, "Gone")
    page.post(f"/devices/{gone.pk}/revoke")
    text = page.get("/devices").text
    assert "<span>Removing: waiting for AMS</span>" in text.split("<h2>Removed</h2>")[1]
    assert "You use 0 of 10 devices" in text
    assert "You have no devices" in text
    confirm(ams)
    removed = page.get("/devices").text.split("<h2>Removed</h2>")[1]
    assert "<span>Removed</span>" in removed
    assert "waiting" not in removed


def test_the_list_goes_by_pages(page: Client, alice: User) -> None:
    for number in range(3):
        add(alice, f"Device {number}")
    first = page.get("/devices?limit=2").text
    assert "Page 1 of 2" in first
    assert "Device 0" not in first
    assert "Device 0" in page.get("/devices?limit=2&page=2").text
    assert page.get("/devices?limit=2&page=3").status_code == 404
    for query in ("page=0", "page=x", "limit=101", "page=%00"):
        assert page.get(f"/devices?{query}").status_code == 400


@pytest.mark.parametrize(
    ("applied", "connection", "silent_s", "word"),
    [
        (0, "never", 0, "Activating"),
        (1, "never", 0, "Never used"),
        (1, "online", 0, "Connected"),
        (1, "idle", 0, "Idle"),
        (1, "online", 300, "Not known"),
    ],
)
def test_a_state_is_what_the_node_said_and_no_more(
    page: Client, alice: User, applied: int, connection: str, silent_s: int, word: str
) -> None:
    device = add(alice)
    reported = timezone.now() - timedelta(seconds=silent_s)
    NodeStatus.objects.update(applied_revision=applied, last_report_at=reported)
    Peer.objects.update(connection=connection)
    words = {"Activating", "Never used", "Connected", "Idle", "Not known"}
    for path in ("/devices", f"/devices/{device.pk}", f"/devices/{device.pk}/state"):
        text = page.get(path).text
        assert [each for each in words if f"<span>{each}</span>" in text] == [word]
        assert ("data-ago" in text.split("<span>" + word)[1].split("</p>")[0].split("</td>")[0]) == (silent_s == 0)


def test_what_changes_by_itself_comes_as_fragments(page: Client, alice: User) -> None:
    device = add(alice)
    text = page.get(f"/devices/{device.pk}/state").text
    assert text.strip().startswith('<div id="device-state"')
    assert 'id="device-places"' in text
    assert "<html" not in text
    page.post(f"/devices/{device.pk}/revoke")
    assert 'id="device-removal"' in page.get(f"/devices/{device.pk}/state").text


def off(device: VpnConfig, **values: object) -> None:
    """What the admission has decided, and the node confirmed."""
    VpnConfig.objects.filter(pk=device.pk).update(**values)
    Peer.objects.all().delete()


@pytest.mark.parametrize(
    ("values", "why", "what"),
    [
        ({"blocked": "suspended", "suspended_by": "customer"}, "You suspended it", "Resume it when you want"),
        ({"blocked": "suspended", "suspended_by": "staff"}, "Support suspended it", "Write to support"),
        ({"blocked": "suspended", "suspended_by": "both"}, "Support suspended it", "You suspended it too"),
        ({"blocked": "expired"}, "Its end date has passed", "Choose a later end date"),
        ({"blocked": "over_quota"}, "Your data is used up", "It connects again by itself on"),
        ({"blocked": "plan_limit"}, "Your plan has room for fewer devices", "Chosen devices stay, then the oldest."),
    ],
)
def test_a_device_that_is_off_says_why_and_what_to_do(
    page: Client, alice: User, values: dict[str, str], why: str, what: str
) -> None:
    device = add(alice)
    off(device, **values)
    for path in (f"/devices/{device.pk}", f"/devices/{device.pk}/state"):
        text = page.get(path).text
        assert "<span>Suspended</span>" in text
        assert f"{why}. {what}" in text
    listed = page.get("/devices").text
    assert "<span>Suspended</span>" in listed
    assert why in listed
    # A state that no node speaks of has no time at which one did.
    assert "data-ago" not in listed.split("<span>Suspended</span>")[1].split("</td>")[0]


def test_one_that_is_being_suspended_names_who_has_yet_to_confirm_it(page: Client, alice: User, ams: Server) -> None:
    device = add(alice)
    page.post(f"/devices/{device.pk}/suspend")
    text = page.get(f"/devices/{device.pk}").text
    assert "<span>Suspending: waiting for AMS</span>" in text
    assert "it may still be connected" in text
    confirm(ams)
    text = page.get(f"/devices/{device.pk}").text
    assert "<span>Suspended</span>" in text
    assert "it may still be connected" not in text


def test_a_stopped_server_is_not_the_customers_fault(page: Client, alice: User, ams: Server, sam: User) -> None:
    device = add(alice)
    start_stop(by=sam, reason="A leak", server=ams)
    text = page.get(f"/devices/{device.pk}").text
    assert "<span>Suspending: waiting for AMS</span>" in text
    assert "We have stopped its server." in text
    confirm(ams)
    text = page.get(f"/devices/{device.pk}").text
    assert "<span>Stopped by us</span>" in text
    assert "We have stopped its server. This is an emergency stop." in text
    assert "A leak" not in text


def test_a_device_without_any_server_says_how_it_gets_one(page: Client, alice: User) -> None:
    device = add(alice)
    Peer.objects.all().delete()
    IpAssignment.objects.update(released_at=timezone.now())
    text = page.get(f"/devices/{device.pk}").text
    assert "<span>No server</span>" in text
    assert "Download its configuration for any location" in text
    assert "Nowhere at the moment." in text


def test_a_device_names_every_place_where_it_works(page: Client, alice: User) -> None:
    zrh = make_server(make_location("zrh", premium=True), network_v4="10.90.0.0/24", network_v6="fd90::/64")
    device = add(alice)
    place_for(user=alice, device_id=device.pk, location_slug="zrh")
    text = page.get(f"/devices/{device.pk}").text
    for fact in ("10.80.0.2", "fd80::2", "10.90.0.2", "fd90::2", "AMS", "ZRH"):
        assert fact in text
    PlanGrant.objects.all().delete()
    settle_customer(alice.pk)
    text = page.get(f"/devices/{device.pk}").text
    assert text.count("<span>Suspending: not in your plan</span>") == 1
    confirm(zrh)
    text = page.get(f"/devices/{device.pk}").text
    assert text.count("<span>Not in your plan</span>") == 1


def test_a_server_that_leaves_is_told_on_the_device_the_list_and_the_dashboard(
    page: Client, alice: User, ams: Server
) -> None:
    device = add(alice, "Phone")
    until = datetime(2030, 12, 1, 10, 0, tzinfo=UTC)
    drain_server(server_id=ams.pk, until=until)
    paths = (f"/devices/{device.pk}", "/devices", "/dashboard")
    move_devices(server_id=ams.pk)
    for path in paths:
        text = page.get(path).text
        assert "<b>Phone</b>: its server in AMS goes out of service on" in text
        assert "1\xa0Dec\xa02030, 10:00\xa0UTC" in text
        assert "There is no other server in AMS at the moment." in text
        assert f'<a href="/devices/{device.pk}/config">Choose another location</a> before that time.' in text
    make_server(ams.location, network_v4="10.90.0.0/24", network_v6="fd90::/64")
    move_devices(server_id=ams.pk)
    for path in paths:
        text = page.get(path).text
        assert f'<a href="/devices/{device.pk}/config?location=ams">Download the new configuration</a>' in text
        assert "until you use it the old one works, at most to that time." in text
    text = page.get(paths[0]).text
    assert text.count("Old place") == 1
    # The new place has come into use, and the old one is given up.
    Peer.objects.filter(assignment__superseded_at=None).update(connection="online")
    release_left_places()
    for path in paths:
        # The dashboard still has the news of it, which is not about now.
        assert "its server in AMS goes out of service" not in page.get(path).text


def test_a_device_shows_its_facts_and_its_own_usage_of_the_period(page: Client, alice: User) -> None:
    device, other = add(alice), add(alice, "Other")
    today = timezone.now().date()
    for of, day, count in ((device, today, 1_000_000), (other, today, 5_000_000), (device, today - timedelta(40), 7)):
        UsageRecord.objects.create(user=alice, device=of, record_date=day, bytes_up=count, bytes_down=2 * count)
    text = page.get(f"/devices/{device.pk}").text
    for fact in ("10.80.0.2", "fd80::2", device.public_key, "AMS", "1,000,000 bytes", "2,000,000 bytes"):
        assert fact in text
    assert "5,000,000" not in text


def test_renaming(page: Client, alice: User) -> None:
    device = add(alice)
    answer = page.post(f"/devices/{device.pk}/rename", {"name": " Tablet "}, follow=True)
    assert answer.redirect_chain == [(f"/devices/{device.pk}", 302)]
    assert "<h1>Tablet</h1>" in answer.text
    assert page.get(f"/devices/{device.pk}/rename").status_code == 405


@pytest.mark.parametrize(("name", "status"), [("", 400), ("x" * 65, 400), ("a\0", 400), ("PHONE", 409)])
def test_a_refused_name_is_kept_for_correction(page: Client, alice: User, name: str, status: int) -> None:
    device = add(alice)
    add(alice, "Phone")
    answer = page.post(f"/devices/{device.pk}/rename", {"name": name})
    assert answer.status_code == status
    assert "<h1>Laptop</h1>" in answer.text
    assert 'aria-invalid="true"' in answer.text
    device.refresh_from_db()
    assert device.name == "Laptop"


def test_removal_asks_first_and_then_takes_the_device_away(page: Client, alice: User) -> None:
    device = add(alice)
    asked = page.get(f"/devices/{device.pk}/revoke")
    assert "Remove Laptop?" in asked.text
    assert VpnConfig.objects.live().exists()
    answer = page.post(f"/devices/{device.pk}/revoke", follow=True)
    assert answer.redirect_chain == [("/devices", 302)]
    assert "Laptop is being removed." in answer.text
    assert not VpnConfig.objects.live().exists()
    for method, path in PATHS:
        # What is left is the page of the removal.
        expected = 200 if path in ("", "/state") else 404
        assert getattr(page, method)(f"/devices/{device.pk}{path}", FORM).status_code == expected, path
    assert_invariants()


def test_a_removed_devices_page_claims_its_removal_only_when_every_server_has_confirmed_it(
    page: Client, alice: User, ams: Server
) -> None:
    zrh = make_server(make_location("zrh"), network_v4="10.90.0.0/24", network_v6="fd90::/64")
    device = add(alice)
    place_for(user=alice, device_id=device.pk, location_slug="zrh")
    page.post(f"/devices/{device.pk}/revoke")
    for waiting in (("AMS", "ZRH"), ("ZRH",), ()):
        for path in ("", "/state"):
            text = page.get(f"/devices/{device.pk}{path}").text
            removal = text.split('id="device-removal"')[1].split("</section>")[0]
            assert ("Removed from every server" in removal) == (not waiting)
            # Nothing changes any more once it is proven, so an open page asks no more.
            assert ("data-live-done" in removal) == (not waiting)
            assert [name for name in ("AMS", "ZRH") if f"<li>{name}</li>" in removal] == list(waiting)
        confirm(zrh if waiting == ("ZRH",) else ams)
    device.refresh_from_db()
    assert device.removal_confirmed_at is not None
    assert f"{device.removal_confirmed_at:%H:%M:%S} UTC" in text


PATHS = [
    ("get", ""),
    ("get", "/config"),
    ("get", "/state"),
    ("get", "/revoke"),
    ("get", "/rotate-key"),
    ("post", "/revoke"),
    ("post", "/rename"),
    ("post", "/suspend"),
    ("post", "/resume"),
    ("post", "/expiry"),
    ("post", "/expiry/remove"),
    ("post", "/rotate-key"),
]
FORM = {"name": "mine", "expires_at": "2099-01-01T10:00", "public_key": "A" * 42 + "E="}


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_anothers_device_does_not_exist(page: Client, bob: User, method: str, path: str) -> None:
    device = add(bob)
    before = VpnConfig.objects.filter(pk=device.pk).values().get()
    for pk in (device.pk, uuid4()):
        assert getattr(page, method)(f"/devices/{pk}{path}", FORM).status_code == 404
    assert list(VpnConfig.objects.filter(pk=device.pk).values()) == [before]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_stranger_is_asked_to_sign_in(ams: Server, bob: User, method: str, path: str) -> None:
    address = f"/devices/{add(bob).pk}{path}"
    assert getattr(Client(), method)(address).headers["Location"] == f"/login?next={address}"


def test_a_hostile_name_is_text_everywhere(page: Client, alice: User) -> None:
    device = add(alice, HOSTILE)
    for path in ("/dashboard", "/devices", f"/devices/{device.pk}", f"/devices/{device.pk}/revoke"):
        text = page.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#x27;&quot;&amp;" in text
    shown = page.post(f"/devices/{device.pk}/rename", {"name": HOSTILE + "2"}, follow=True).text
    assert "<script>alert" not in shown
    assert "<script>alert" not in page.post(f"/devices/{device.pk}/revoke", follow=True).text


def test_personal_pages_are_kept_by_no_cache(page: Client, alice: User) -> None:
    device = add(alice)
    for path in ("/devices", "/devices/new", "/locations", *(f"/devices/{device.pk}{path}" for _, path in PATHS[:5])):
        assert "no-store" in page.get(path).headers["Cache-Control"]


def test_a_list_costs_the_same_with_1_and_with_50_devices(
    page: Client, alice: User, ams: Server, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The session, the limit, the person, the page with its total, what was removed, the plan."""
    Plan.objects.update(device_limit=100)
    make_server(ams.location, network_v4="10.90.0.0/24", network_v6="fd90::/64")

    def one_more(number: int) -> None:
        device = add(alice, f"Device {number}")
        place_for(user=alice, device_id=device.pk)
        remove_device(user=alice, device_id=add(alice, f"Removed {number}").pk)

    one_more(0)
    with django_assert_num_queries(7):
        page.get("/devices?limit=100")
    for number in range(1, 50):
        one_more(number)
    drain_server(server_id=ams.pk)
    move_devices(server_id=ams.pk)
    with django_assert_num_queries(7):
        text = page.get("/devices?limit=100").text
    assert text.count("Download the new configuration") > 10
    assert text.count("Removing: waiting for AMS") == 50


def test_a_devices_page_costs_the_same_with_1_and_with_50_places(page: Client, alice: User) -> None:
    device = add(alice)
    with recorded_queries() as few:
        page.get(f"/devices/{device.pk}")
    for number in range(49):
        location = make_location(f"l{number}")
        make_server(location, network_v4=f"10.90.{number}.0/24", network_v6=f"fd90:{number}::/64")
        place_for(user=alice, device_id=device.pk, location_slug=location.slug)
    with recorded_queries() as many:
        text = page.get(f"/devices/{device.pk}").text
    assert len(many) == len(few) <= 6
    assert text.count('<td data-label="Addresses">') == 50


def test_addresses_of_pages_have_one_form(page: Client) -> None:
    for path in ("/devices/", "/dashboard/", "/settings/", "/login/", "/devices/not-a-uuid"):
        assert page.get(path).status_code == 404
