"""What was just done to a device is taken back by the button beside the message that tells of it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server
from tests.vpn.acting import add
from vpn.models import VpnConfig
from vpn.services.device_life import set_expiry


@pytest.fixture
def page(db: None, alice: User) -> Client:
    make_server(make_location("ams"))
    grant(alice, "pro")
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def phone(page: Client, alice: User) -> VpnConfig:
    return add(alice, "Phone")


def press_undo(page: Client, text: str) -> str:
    """What the page says after its only "Undo" was pressed."""
    (form,) = re.findall(r'<form class="undo" method="post" action="([^"]+)"[^>]*>(.*?)</form>', text, re.DOTALL)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[1]))
    return page.post(form[0], {name: unescape(value) for name, value in fields.items()}, follow=True).text


def test_a_device_gets_its_former_name_back(page: Client, phone: VpnConfig) -> None:
    VpnConfig.objects.filter(pk=phone.pk).update(name='Alice\'s "old" <b>phone</b>')
    text = page.post(f"/devices/{phone.pk}/rename", {"name": "Tablet"}, follow=True).text
    assert "The device is now called Tablet." in text
    assert "<b>phone" not in text
    assert "is now called Alice&#x27;s &quot;old&quot; &lt;b&gt;phone" in press_undo(page, text)
    phone.refresh_from_db()
    assert phone.name == 'Alice\'s "old" <b>phone</b>'


def test_a_suspension_is_taken_back_and_so_is_that(page: Client, phone: VpnConfig) -> None:
    text = page.post(f"/devices/{phone.pk}/suspend", follow=True).text
    text = press_undo(page, text)
    assert "Phone is resumed." in text
    assert "Phone is suspended until you resume it." in press_undo(page, text)


def test_an_end_date_comes_back(page: Client, phone: VpnConfig, alice: User) -> None:
    ends = timezone.now().replace(microsecond=0) + timedelta(days=3)
    set_expiry(user=alice, device_id=phone.pk, expires_at=ends)
    text = page.post(f"/devices/{phone.pk}/expiry/remove", follow=True).text
    assert "Phone has no end date any more." in text
    assert "Phone works until" in press_undo(page, text)
    phone.refresh_from_db()
    assert phone.expires_at == ends


def test_what_changes_nothing_has_nothing_to_take_back(page: Client, phone: VpnConfig) -> None:
    assert 'class="undo"' not in page.post(f"/devices/{phone.pk}/expiry/remove", follow=True).text
    assert 'class="undo"' not in page.post(f"/devices/{phone.pk}/rename", {"name": " "}).text


def test_an_end_date_that_has_passed_cannot_come_back(page: Client, phone: VpnConfig) -> None:
    VpnConfig.objects.filter(pk=phone.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    text = page.post(f"/devices/{phone.pk}/expiry/remove", follow=True).text
    assert "Phone has no end date any more." in text
    assert 'class="undo"' not in text


def test_another_persons_device_has_no_name_here(page: Client, bob: User) -> None:
    theirs = add(bob, "Bob's phone")
    answer = page.post(f"/devices/{theirs.pk}/rename", {"name": "Mine"})
    assert answer.status_code == 404
    assert "Bob" not in answer.text
