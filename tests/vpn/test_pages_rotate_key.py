"""A new key for a device: by the script, which made the pair, and by the plain form, which takes a public key."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.factories.vpn import new_key
from tests.invariants import assert_invariants
from tests.vpn.acting import confirm
from vpn.models import IpAssignment, Peer, Server, VpnConfig
from vpn.services.devices import add_device
from vpn.wireguard.config import PRIVATE_KEY_PLACEHOLDER

AS_JSON = {"Accept": "application/json"}


@pytest.fixture
def phone(page: Client, alice: User, ams: Server) -> VpnConfig:
    device = add_device(user=alice, name="Phone", location_slug="ams", public_key=new_key())
    confirm(ams)
    return device


def fetch(page: Client, device: VpnConfig, public_key: str) -> Any:
    return page.post(f"/devices/{device.pk}/rotate-key", {"public_key": public_key}, headers=AS_JSON)


def test_the_page_says_what_happens_before_anything_does(page: Client, phone: VpnConfig) -> None:
    text = page.get(f"/devices/{phone.pk}/rotate-key").text
    assert "The old key works until the new one is used, for two minutes at most." in text
    # The script shows its form; without it the other one is there.
    assert 'data-device-keys="rotate" hidden' in text
    assert 'name="public_key"' in text
    assert VpnConfig.objects.get().public_key == phone.public_key


def test_the_script_gets_the_file_with_a_place_for_the_key(page: Client, phone: VpnConfig, ams: Server) -> None:
    key = new_key()
    answer = fetch(page, phone, key)
    assert answer.status_code == 200
    assert set(answer.json()) == {"device_url", "profile_url", "config", "name", "state"}
    assert answer.json()["config"].count(PRIVATE_KEY_PLACEHOLDER) == 1
    assert "Address = 10.80.0.2/32, fd80::2/128" in answer.json()["config"]
    assert answer.json()["state"] == "activating"
    assert "no-store" in answer.headers["Cache-Control"]
    assert VpnConfig.objects.get().public_key == key
    # Both are there until the new one is used.
    assert set(Peer.objects.filter(wanted=True).values_list("public_key", "takes_over")) == {
        (phone.public_key, None),
        (key, phone.public_key),
    }
    assert_invariants()


def test_sending_it_again_changes_nothing_more(page: Client, phone: VpnConfig) -> None:
    key = new_key()
    assert fetch(page, phone, key).json() == fetch(page, phone, key).json()
    assert Peer.objects.filter(wanted=True).count() == 2


def test_without_a_script_a_pasted_key_gives_the_file_on_a_page(page: Client, phone: VpnConfig) -> None:
    key = new_key()
    answer = page.post(f"/devices/{phone.pk}/rotate-key", {"public_key": f" {key} "})
    assert answer.status_code == 200
    text = html.unescape(answer.text)
    assert "<h1>Phone has a new key</h1>" in text
    assert PRIVATE_KEY_PLACEHOLDER in text
    assert 'download="phone.conf"' in text
    assert "The old key works until the new one is used" in text
    assert "Our server made" not in text
    assert VpnConfig.objects.get().public_key == key


@pytest.mark.parametrize(("key", "said"), [("", "This field is required."), ("x", "32 bytes in base64")])
def test_a_bad_key_is_refused_at_its_field(page: Client, phone: VpnConfig, key: str, said: str) -> None:
    plain = page.post(f"/devices/{phone.pk}/rotate-key", {"public_key": key})
    assert plain.status_code == 400
    assert said in plain.text
    assert '<details class="more" open>' in plain.text
    scripted = fetch(page, phone, key)
    assert (scripted.status_code, list(scripted.json()["errors"])) == (400, ["public_key"])
    assert VpnConfig.objects.get().public_key == phone.public_key


def test_anothers_key_is_refused(page: Client, phone: VpnConfig, bob: User) -> None:
    other = add_device(user=bob, name="Bob's", location_slug="ams", public_key=new_key())
    answer = fetch(page, phone, other.public_key)
    assert (answer.status_code, list(answer.json()["errors"])) == (409, ["public_key"])


def test_who_cannot_get_a_file_keeps_the_key_that_works(page: Client, phone: VpnConfig) -> None:
    IpAssignment.objects.update(superseded_at="2026-01-01T00:00Z")
    Server.objects.update(state="offline")
    answer = fetch(page, phone, new_key())
    assert answer.status_code == 409
    assert "No server of this location takes new devices now." in answer.json()["errors"]["__all__"][0]
    assert VpnConfig.objects.get().public_key == phone.public_key


def test_a_suspended_device_gets_its_new_key_for_when_it_is_resumed(
    page: Client, phone: VpnConfig, ams: Server
) -> None:
    page.post(f"/devices/{phone.pk}/suspend")
    confirm(ams)
    key = new_key()
    answer = fetch(page, phone, key)
    assert (answer.status_code, answer.json()["state"]) == (200, "suspended")
    page.post(f"/devices/{phone.pk}/resume")
    assert Peer.objects.filter(wanted=True).get().public_key == key
    assert_invariants()
