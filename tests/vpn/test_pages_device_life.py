"""Suspending, resuming and ending a device in a browser, without any script."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from tests.vpn.acting import confirm
from vpn.models import Peer, Server, VpnConfig
from vpn.services.admission import settle_customer
from vpn.services.device_life import suspend_device
from vpn.services.devices import add_device

NOW = datetime(2026, 11, 26, 21, 20, tzinfo=UTC)


@pytest.fixture
def ams(db: None) -> Server:
    return make_server(make_location("ams"))


@pytest.fixture
def page(ams: Server, alice: User) -> Client:
    grant(alice, "pro")
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def phone(page: Client, alice: User, ams: Server) -> VpnConfig:
    device = add_device(user=alice, name="Phone", location_slug="ams", public_key=new_key())
    confirm(ams)
    return device


def test_a_device_is_suspended_and_resumed_with_the_same_addresses(page: Client, phone: VpnConfig, ams: Server) -> None:
    address = f"/devices/{phone.pk}"
    before = list(phone.assignments.values("ipv4", "ipv6", "released_at"))
    answer = page.post(f"{address}/suspend", follow=True)
    assert answer.redirect_chain == [(address, 302)]
    assert "Phone is suspended until you resume it." in answer.text
    assert "Resume device" in answer.text
    assert "Suspend device" not in answer.text
    assert not Peer.objects.filter(wanted=True).exists()
    confirm(ams)
    assert_invariants()
    answer = page.post(f"{address}/resume", follow=True)
    assert "Phone is resumed." in answer.text
    assert "Suspend device" in answer.text
    assert Peer.objects.get().wanted
    assert list(phone.assignments.values("ipv4", "ipv6", "released_at")) == before
    assert_invariants()


def test_what_is_done_already_is_said_and_nothing_else_happens(page: Client, phone: VpnConfig) -> None:
    assert "This device is not suspended." in page.post(f"/devices/{phone.pk}/resume", follow=True).text
    page.post(f"/devices/{phone.pk}/suspend")
    assert "This device is suspended already." in page.post(f"/devices/{phone.pk}/suspend", follow=True).text


def test_what_support_suspended_only_support_resumes(page: Client, phone: VpnConfig, alice: User) -> None:
    suspend_device(user=alice, device_id=phone.pk, by=VpnConfig.SuspendedBy.STAFF)
    text = page.get(f"/devices/{phone.pk}").text
    assert "Only support can resume it." in text
    assert f"/devices/{phone.pk}/resume" not in text
    answer = page.post(f"/devices/{phone.pk}/resume", follow=True)
    assert "Support has suspended this device. Write to support." in answer.text
    assert not Peer.objects.filter(wanted=True).exists()


@time_machine.travel(NOW, tick=False)
def test_an_end_date_is_set_changed_and_removed(page: Client, phone: VpnConfig, alice: User) -> None:
    page.force_login(alice)
    address = f"/devices/{phone.pk}"
    shown = page.get(address).text
    assert "Date and time in UTC. Now it is 26\xa0Nov\xa02026, 21:20." in shown
    assert 'type="datetime-local"' in shown
    assert "Remove end date" not in shown
    answer = page.post(f"{address}/expiry", {"expires_at": "2026-12-01T10:00"}, follow=True)
    assert answer.redirect_chain == [(address, 302)]
    assert "Phone works until 1\xa0Dec\xa02026, 10:00\xa0UTC." in answer.text
    assert 'value="2026-12-01T10:00"' in answer.text
    assert "Change end date" in answer.text
    page.post(f"{address}/expiry", {"expires_at": "2027-01-01T00:00"})
    phone.refresh_from_db()
    assert phone.expires_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert "Phone has no end date any more." in page.post(f"{address}/expiry/remove", follow=True).text
    phone.refresh_from_db()
    assert phone.expires_at is None


def test_when_the_time_has_come_the_device_is_off_and_a_later_date_brings_it_back(
    page: Client, phone: VpnConfig, alice: User, ams: Server
) -> None:
    with time_machine.travel(NOW, tick=False):
        page.force_login(alice)
        page.post(f"/devices/{phone.pk}/expiry", {"expires_at": "2026-12-01T10:00"})
    with time_machine.travel(NOW + timedelta(days=5), tick=False):
        settle_customer(alice.pk)
        confirm(ams)
        text = page.get(f"/devices/{phone.pk}").text
        assert "Its end date has passed. Choose a later end date, or none" in text
        page.post(f"/devices/{phone.pk}/expiry", {"expires_at": "2026-12-31T10:00"})
        assert Peer.objects.get().wanted


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "This field is required."),
        ("soon", "Enter a valid date/time."),
        ("2026-11-26T21:00", "Choose a time that is still to come."),
        ("9999-12-31T23:59:00-14:00", "Choose an earlier time."),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_a_time_that_makes_no_sense_is_refused_at_its_field(
    page: Client, phone: VpnConfig, alice: User, value: str, said: str
) -> None:
    page.force_login(alice)
    answer = page.post(f"/devices/{phone.pk}/expiry", {"expires_at": value})
    assert answer.status_code == 400
    assert said in answer.text
    assert "<h1>Phone</h1>" in answer.text
    phone.refresh_from_db()
    assert phone.expires_at is None


@pytest.mark.parametrize("path", ["suspend", "resume", "expiry", "expiry/remove"])
def test_a_link_changes_nothing(page: Client, phone: VpnConfig, path: str) -> None:
    assert page.get(f"/devices/{phone.pk}/{path}").status_code == 405
