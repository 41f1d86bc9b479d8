"""Devices in the admin: suspended and resumed by staff, found by what is the matter with them, and where each is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from tests.admin.addresses import TOO_LATE, action, change
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server
from tests.vpn.acting import add, confirm, wanted
from vpn.models import IpAssignment, Peer, QuotaMeter, Server, UsageRecord, VpnConfig
from vpn.services.admission import settle_customer
from vpn.services.device_life import suspend_device
from vpn.services.devices import remove_device
from vpn.services.places import place_for

LIST = "/admin/vpn/vpnconfig/"


@pytest.fixture
def ams(db: None) -> Server:
    return make_server(make_location("ams", name="Amsterdam"), name="ams-1")


@pytest.fixture
def zrh(db: None) -> Server:
    return make_server(
        make_location("zrh", name="Zürich"), name="zrh-1", network_v4="10.90.0.0/24", network_v6="fd90::/64"
    )


@pytest.fixture
def phone(ams: Server, alice: User) -> VpnConfig:
    grant(alice, "pro")
    device = add(alice, "Phone")
    confirm(ams)
    return device


def test_a_device_is_suspended_and_resumed_by_staff(staff: Client, phone: VpnConfig, ams: Server) -> None:
    staff.post(action(phone, "suspend"))
    phone.refresh_from_db()
    assert (phone.suspended_by, phone.blocked, wanted(ams)) == ("staff", "suspended", set())
    page = staff.get(change(phone)).content.decode()
    assert action(phone, "resume") in page
    assert action(phone, "suspend") not in page
    staff.post(action(phone, "resume"))
    phone.refresh_from_db()
    assert (phone.suspended_by, phone.blocked, wanted(ams)) == ("", "", {phone.public_key})
    assert list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True)) == ["Suspend", "Resume"]


def test_who_of_staff_did_it_is_in_the_log_and_refusals_are_not(
    staff: Client, sam: User, phone: VpnConfig, alice: User
) -> None:
    for slug in ("suspend", "suspend", "resume", "remove", "remove"):
        staff.post(action(phone, slug))
    acts = AuditEvent.objects.filter(person_id=alice.pk, action__startswith="device_").order_by("pk")
    assert list(acts.values_list("action", "actor_id", "target_id")) == [
        (f"device_{done}", sam.pk, str(phone.pk)) for done in ("suspended", "resumed", "removed")
    ]


def test_what_its_customer_suspended_is_resumed_with_a_warning_and_suspended_for_good(
    staff: Client, phone: VpnConfig, alice: User
) -> None:
    suspend_device(user=alice, device_id=phone.pk, by=VpnConfig.SuspendedBy.CUSTOMER)
    assert "Its customer has suspended it" in staff.get(action(phone, "resume")).content.decode()
    staff.post(action(phone, "suspend"))
    phone.refresh_from_db()
    assert phone.suspended_by == "both"
    assert "it stays off until they resume it" in staff.get(action(phone, "resume")).content.decode()
    answer = staff.post(action(phone, "resume"), follow=True)
    assert "until its customer resumes it too" in answer.content.decode()
    phone.refresh_from_db()
    assert (phone.suspended_by, phone.blocked) == ("customer", "suspended")


def test_a_removed_device_takes_no_action(staff: Client, phone: VpnConfig, alice: User) -> None:
    remove_device(user=alice, device_id=phone.pk)
    page = staff.get(change(phone)).content.decode()
    for slug in ("suspend", "resume", "remove"):
        assert action(phone, slug) not in page
        assert TOO_LATE in staff.post(action(phone, slug), follow=True).content.decode()


def test_the_list_is_filtered_by_what_is_the_matter(staff: Client, alice: User, ams: Server, phone: VpnConfig) -> None:
    names = ("Paused", "Removing", "Removed")
    paused, removing, removed = (add(alice, name) for name in names)
    suspend_device(user=alice, device_id=paused.pk, by=VpnConfig.SuspendedBy.CUSTOMER)
    remove_device(user=alice, device_id=removed.pk)
    confirm(ams)
    remove_device(user=alice, device_id=removing.pk)

    def found(**query: str) -> set[str]:
        return {device.name for device in staff.get(LIST, query).context["cl"].result_list}

    assert found() == {"Phone", *names}
    assert found(blocked__exact="suspended") == {"Paused"}
    assert found(removal="live") == {"Phone", "Paused"}
    assert found(removal="pending") == {"Removing"}
    assert found(removal="confirmed") == {"Removed"}
    page = staff.get(LIST).content.decode()
    for words in ("Admitted", "Suspended by the customer", "Removing: not confirmed by every server", "Removed <time"):
        assert words in page


def test_a_devices_page_names_its_servers_and_those_that_have_not_confirmed(
    staff: Client, phone: VpnConfig, alice: User, ams: Server, zrh: Server
) -> None:
    place_for(user=alice, device_id=phone.pk, location_slug="zrh")
    confirm(zrh)
    Peer.objects.filter(server=ams).update(connection="online")
    zrh.status.__class__.objects.filter(pk=zrh.pk).update(last_report_at=timezone.now() - timedelta(hours=1))
    IpAssignment.objects.filter(server=ams).update(superseded_at=timezone.now())
    page = staff.get(change(phone)).content.decode()
    places = page.split("<h2>Where it works</h2>")[1].split("</section>")[0]
    for words in (
        "ams-1",
        "10.80.0.2",
        "fd80::2",
        ">Online</td>",
        "old place",
        "zrh-1",
        "Never used when last heard",
    ):
        assert words in places
    remove_device(user=alice, device_id=phone.pk)
    confirm(ams)
    page = staff.get(change(phone)).content.decode()
    waiting = page.split("<h2>Not confirmed gone</h2>")[1].split("</section>")[0]
    assert "zrh-1" in waiting
    assert "ams-1" not in waiting


def test_the_customers_page_shows_the_meter_and_each_devices_state(staff: Client, alice: User, ams: Server) -> None:
    device = add(alice, "Phone")
    confirm(ams)
    UsageRecord.objects.create(
        user=alice, device=device, record_date=timezone.now().date(), bytes_up=0, bytes_down=10_000_000_000
    )
    settle_customer(alice.pk)
    page = staff.get(change(alice), {"more": "1"}).content.decode()
    assert "Suspending: waiting for Amsterdam" in page
    assert "The month&#x27;s data is used up" in page
    meter = page.split("Data</a></h2>")[1].split("</section>")[0]
    for words in ("10\xa0GB of 10\xa0GB", "100\xa0%", "at 100 %"):
        assert words in meter
    remove_device(user=alice, device_id=device.pk)
    assert "Removing: waiting for Amsterdam" in staff.get(change(alice)).content.decode()


def test_a_customer_without_a_limit_has_no_meter(staff: Client, alice: User) -> None:
    grant(alice, "pro")
    settle_customer(alice.pk)
    assert not QuotaMeter.objects.exists()
    page = staff.get(change(alice), {"more": "1"}).content.decode()
    assert "<td>Limit</td><td>None</td>" in page
