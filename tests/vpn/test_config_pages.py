"""The page of a device's configuration: what it shows, what it refuses, and the files that come of its choices."""

from __future__ import annotations

import io
import plistlib
import re
import zipfile
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from vpn.config_form import DNS_CHOICES, OWN_DNS
from vpn.models import NodeStatus, Server, VpnConfig
from vpn.services.devices import add_device
from vpn.wireguard.config import PRIVATE_KEY_PLACEHOLDER
from vpn.wireguard.mobileconfig import PRIVATE_KEY_MARK
from vpn.wireguard.resolvers import RESOLVERS

KINDS = ["", "/file", "/profile", "/bundle"]


@pytest.fixture
def ams(db: None) -> Server:
    return make_server(make_location("ams", name="Amsterdam"))


@pytest.fixture
def page(ams: Server, alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def device(ams: Server, alice: User) -> VpnConfig:
    return add_device(user=alice, name="Laptop", location_slug="ams", public_key=new_key())


def get(page: Client, device: VpnConfig, kind: str = "", **choices: str) -> Any:
    return page.get(f"/devices/{device.pk}/config{kind}?{urlencode(choices)}")


def preview(answer: Any) -> str:
    found = re.search(r'<pre class="code" id="device-config" tabindex="0">(.*?)</pre>', answer.text, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def error_at(answer: Any, field: str) -> str:
    found = re.search(rf'id="id_{field}_error">(.*?)</ul>', answer.text, re.DOTALL)
    assert found is not None, answer.text
    return re.sub(r"<.*?>", "", unescape(found[1])).strip()


def test_the_page_shows_the_file_its_name_and_where_the_private_key_is(page: Client, device: VpnConfig) -> None:
    answer = get(page, device)
    assert answer.status_code == 200
    assert preview(answer).startswith(f"[Interface]\n{PRIVATE_KEY_PLACEHOLDER}\nAddress = 10.80.0.2/32, fd80::2/128\n")
    assert "<h2>laptop.conf</h2>" in answer.text
    assert "Your private key is on your device, and we do not have it." in answer.text
    assert f'<a href="{reverse("device-rotate-key", args=[device.pk])}">make a new key</a>' in answer.text
    assert 'data-slot="qr"' not in answer.text


def test_every_resolver_that_may_be_named_is_on_the_page() -> None:
    assert {value for value, _ in DNS_CHOICES} == {"server", "none", OWN_DNS, *RESOLVERS}


def test_the_page_of_the_device_leads_there(page: Client, device: VpnConfig) -> None:
    text = page.get(f"/devices/{device.pk}").text
    assert f'href="/devices/{device.pk}/config"' in text
    assert f'href="/devices/{device.pk}/config/file"' in text


@pytest.mark.parametrize(
    ("choices", "line"),
    [
        ({"location": "ams", "dns": "server"}, "DNS = 9.9.9.9, 2620:fe::fe"),
        ({"dns": "cloudflare", "ipv6": "off"}, "DNS = 1.1.1.1, 1.0.0.1"),
        ({"dns": "own", "dns_addresses": "10.0.0.53, fd00::53"}, "DNS = 10.0.0.53, fd00::53"),
        ({"mtu": "1300", "port": "51820"}, "MTU = 1300"),
        ({"ipv6": "off"}, "AllowedIPs = 0.0.0.0/0"),
        ({"split": "include", "networks": "10.0.0.0/8\r\n\r\nfd00::/8 , 192.0.2.1", "dns": "none"},
         "AllowedIPs = 10.0.0.0/8, 192.0.2.1/32, fd00::/8"),
        ({"split": "exclude", "networks": "128.0.0.0/1,::/0", "dns": "none"}, "AllowedIPs = 0.0.0.0/1"),
        ({"split": "none", "networks": ""}, "AllowedIPs = 0.0.0.0/0, ::/0"),
        ({"kill_switch": "on"}, 'PreDown = nft "table inet nexusvpn-%i; delete table inet nexusvpn-%i"'),
    ],
)  # fmt: skip
def test_a_choice_is_in_the_preview_and_in_the_file(
    page: Client, device: VpnConfig, choices: dict[str, str], line: str
) -> None:
    shown = preview(get(page, device, **choices))
    assert line in shown.splitlines()
    assert get(page, device, "/file", **choices).text == shown


@pytest.mark.parametrize("split", ["none", "exclude"])
def test_private_networks_are_kept_outside_by_one_tick(page: Client, device: VpnConfig, split: str) -> None:
    networks = {"networks": "198.51.100.0/24"} if split == "exclude" else {}
    allowed = re.search("AllowedIPs = (.*)", preview(get(page, device, split=split, exclude_private="on", **networks)))
    assert allowed is not None
    assert "11.0.0.0/8" in allowed[1]
    assert "fc00::/7" not in allowed[1]
    assert ("198.51.101.0/24" in allowed[1]) is (split == "exclude")


def test_notes_are_shown(page: Client, device: VpnConfig) -> None:
    assert "<li>IPv6 does not go through the tunnel: where" in get(page, device, ipv6="off").text
    assert 'class="notes"' not in get(page, device).text


@pytest.mark.parametrize(
    ("choices", "field", "message", "status"),
    [
        ({"mtu": "9000"}, "mtu", "from 1280 to 1500", 400),
        ({"port": "443"}, "port", "This server listens on 51820.", 409),
        ({"location": "nowhere"}, "location", "does not exist", 400),
        ({"dns": "x"}, "dns", "Must be up to 4 IP addresses", 400),
        ({"dns": "own", "dns_addresses": "x"}, "dns_addresses", "Must be up to 4 IP addresses", 400),
        ({"dns": "own"}, "dns_addresses", "Name at least one address.", 400),
        ({"dns_addresses": "9.9.9.9"}, "dns", "To use these addresses choose", 400),
        ({"split": "include"}, "split", "Name at least one network.", 400),
        ({"split": "exclude", "networks": "10.0.0.0/8\n10.0.0.1/8"}, "networks", "Entry 2", 400),
        ({"networks": "10.0.0.0/8"}, "split", "Say what the networks are for", 400),
        ({"split": "include", "networks": "10.0.0.0/8", "exclude_private": "on"}, "exclude_private", "already", 400),
        ({"split": "exclude", "networks": "0.0.0.0/0,::/0"}, "networks", "Nothing would go through", 400),
        ({"ipv6": "maybe"}, "ipv6", "Must be on or off.", 400),
        ({"on_demand": "off", "trusted_wifi": "Home"}, "trusted_wifi", "connects by itself", 400),
    ],
)
def test_a_refusal_stands_at_its_field_and_the_rest_is_kept(
    page: Client, device: VpnConfig, choices: dict[str, str], field: str, message: str, status: int
) -> None:
    for kind in KINDS[:3]:
        answer = get(page, device, kind, **{"kill_switch": "on", **choices})
        assert answer.status_code == status, kind
        assert message in error_at(answer, field)
        assert '<option value="on" selected>' in answer.text
        assert "<h2>No file</h2>" in answer.text


def test_a_server_that_is_enrolled_anew_is_told_in_words(page: Client, device: VpnConfig) -> None:
    Server.objects.update(state="enrolling", public_key=None)
    answer = get(page, device)
    assert answer.status_code == 409
    assert "No server of this location takes new devices now." in answer.text


def test_locations_that_cannot_be_chosen_are_listed_with_the_reason(page: Client, device: VpnConfig) -> None:
    make_location("nrt", city="Tokyo", name="Japan", premium=True)
    text = get(page, device).text
    assert '<option value="ams" selected>Amsterdam, Netherlands</option>' in text
    assert '<option value="nrt" disabled>Tokyo, Japan (not in your plan)</option>' in text


def test_another_location_and_its_ports(page: Client, device: VpnConfig) -> None:
    zrh = make_server(make_location("zrh", name="Zürich"), network_v4="10.90.0.0/24", network_v6="fd90::/64")
    NodeStatus.objects.filter(server=zrh).update(offered_ports=[443, 53])
    answer = get(page, device, location="zrh", port="443")
    assert "<h2>zrh.conf</h2>" in answer.text
    assert '<option value="zrh" selected>' in answer.text
    assert '<option value="">The server’s (51820)</option>' in answer.text
    assert re.findall(r'<option value="(\d+)"( selected)?>\d+</option>', answer.text) == [
        ("53", ""),
        ("443", " selected"),
    ]
    assert "Endpoint = 203.0.113.10:443" in preview(answer)
    assert (
        get(page, device, "/file", location="zrh").headers["Content-Disposition"] == 'attachment; filename="zrh.conf"'
    )


def test_the_file_has_a_safe_name_and_a_place_for_the_key(page: Client, alice: User) -> None:
    device = add_device(user=alice, name='../Büro; rm -rf /"é電', location_slug="ams", public_key=new_key())
    answer = page.get(f"/devices/{device.pk}/config/file")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="buro-rm--rf-e.conf"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text.count(PRIVATE_KEY_PLACEHOLDER) == 1
    assert "Address = 10.80.0.2/32, fd80::2/128" in answer.text


def test_the_profile_has_the_choices_and_the_mark(page: Client, device: VpnConfig) -> None:
    answer = get(
        page, device, "/profile", platform="macos", on_demand="wifi", trusted_wifi="Home\r\nOffice", mtu="1300"
    )
    assert answer.headers["Content-Disposition"] == 'attachment; filename="laptop.mobileconfig"'
    assert answer.headers["Content-Type"] == "application/x-apple-aspen-config"
    (tunnel,) = plistlib.loads(answer.content)["PayloadContent"]
    assert tunnel["VPN"]["OnDemandRules"][0]["SSIDMatch"] == ["Home", "Office"]
    assert "MTU = 1300" in tunnel["VendorConfig"]["WgQuickConfig"]
    assert answer.text.count(PRIVATE_KEY_MARK) == 1


def test_the_kill_switch_and_a_profile_do_not_go_together(page: Client, device: VpnConfig) -> None:
    answer = get(page, device, "/profile", kill_switch="on")
    assert answer.status_code == 400
    assert "Apple's systems do not take it" in error_at(answer, "kill_switch")


def test_all_locations_come_as_an_archive(page: Client, device: VpnConfig) -> None:
    answer = get(page, device, "/bundle", location="ams", mtu="1300")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="laptop.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["ams.conf", "README.txt"]
        assert b"MTU = 1300" in archive.read("ams.conf")


@time_machine.travel(datetime.now(UTC), tick=False)
def test_archives_are_limited_and_the_page_is_not(page: Client, device: VpnConfig) -> None:
    statuses = [get(page, device, "/bundle").status_code for _ in range(7)]
    assert statuses == [200] * 6 + [429]
    assert get(page, device).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_anothers_device_does_not_exist_and_a_stranger_is_asked_to_sign_in(
    page: Client, device: VpnConfig, bob: User, kind: str
) -> None:
    stranger = Client()
    address = f"/devices/{device.pk}/config{kind}"
    assert stranger.get(address).headers["Location"] == f"/login?next={address}"
    stranger.force_login(bob)
    assert stranger.get(address).status_code == 404
    assert page.post(address).status_code == 405


@pytest.mark.parametrize("kind", KINDS)
def test_no_cache_keeps_any_of_it(page: Client, device: VpnConfig, kind: str) -> None:
    assert "no-store" in get(page, device, kind).headers["Cache-Control"]


def test_hostile_text_is_text(page: Client, alice: User) -> None:
    grant(alice, "pro")
    hostile = "<script>alert(1)</script>"
    device = add_device(user=alice, name=hostile, location_slug="ams", public_key=new_key())
    answer = get(page, device, dns="own", dns_addresses=hostile, networks=hostile, mtu="<b>", trusted_wifi=hostile)
    assert "<script>alert" not in answer.text
    assert answer.text.count("&lt;script&gt;alert(1)") >= 4
