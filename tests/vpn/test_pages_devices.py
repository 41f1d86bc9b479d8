"""A person's devices in a browser: the list, one of them, its name, its end."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from vpn.models import NodeStatus, Peer, Server, UsageRecord, VpnConfig
from vpn.services.devices import add_device

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
    assert "No devices yet" in text
    assert "You use 0 of 10 devices" in text


def test_the_list_shows_only_the_persons_own_live_devices(page: Client, alice: User, bob: User) -> None:
    add(alice, "Phone")
    gone = add(alice, "Gone")
    add(bob, "Bob's laptop")
    page.post(f"/devices/{gone.pk}/revoke")
    page.get("/devices")
    text = page.get("/devices").text
    assert "Phone" in text
    assert "Gone" not in text
    assert "Bob" not in text
    assert "You use 1 of 10 devices" in text


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


def test_the_state_comes_as_a_fragment(page: Client, alice: User) -> None:
    text = page.get(f"/devices/{add(alice).pk}/state").text
    assert text.strip().startswith('<p id="device-state"')
    assert "<html" not in text


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
    assert "Laptop is removed." in answer.text
    assert not VpnConfig.objects.live().exists()
    assert page.post(f"/devices/{device.pk}/revoke").status_code == 404
    assert page.get(f"/devices/{device.pk}").status_code == 404
    assert_invariants()


PATHS = [
    ("get", ""),
    ("get", "/config"),
    ("get", "/state"),
    ("get", "/revoke"),
    ("post", "/revoke"),
    ("post", "/rename"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_anothers_device_does_not_exist(page: Client, bob: User, method: str, path: str) -> None:
    device = add(bob)
    for pk in (device.pk, uuid4()):
        assert getattr(page, method)(f"/devices/{pk}{path}", {"name": "mine"}).status_code == 404
    device.refresh_from_db()
    assert (device.name, device.revoked_at) == ("Laptop", None)


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
    for path in ("/devices", "/devices/new", "/locations", *(f"/devices/{device.pk}{path}" for _, path in PATHS[:4])):
        assert "no-store" in page.get(path).headers["Cache-Control"]


def test_a_list_costs_the_same_with_1_and_with_10_devices(
    page: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The session, the limit, the person, the page with its total, the plan."""
    add(alice)
    with django_assert_num_queries(6):
        page.get("/devices")
    for number in range(9):
        add(alice, f"Device {number}")
    with django_assert_num_queries(6):
        page.get("/devices")


def test_addresses_of_pages_have_one_form(page: Client) -> None:
    for path in ("/devices/", "/dashboard/", "/settings/", "/login/", "/devices/not-a-uuid"):
        assert page.get(path).status_code == 404
