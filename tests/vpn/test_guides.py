"""The set-up guides: whose values they carry, that no secret is on them, and that their commands fit the files that we give."""

from __future__ import annotations

import re
import subprocess
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import User
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from vpn.models import IpAssignment, Server, VpnConfig
from vpn.services.configuration import configuration
from vpn.services.devices import add_device
from vpn.services.guides import placeholders
from vpn.services.preshared import open_preshared_key
from vpn.views.guides import SYSTEMS

pytestmark = pytest.mark.django_db
ALL = [system.slug for system in SYSTEMS]
PRIVATE_KEY = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="


@pytest.fixture
def server(db: None) -> Server:
    return make_server(make_location("ams", name="Amsterdam"), public_endpoint="vpn.example.net", mtu=1380)


@pytest.fixture
def laptop(server: Server, alice: User) -> VpnConfig:
    return add_device(user=alice, name="Alice’s Laptop", location_slug="ams", public_key=new_key())


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def block(html: str, name: str) -> str:
    found = re.search(rf'<pre class="code" id="{name}" tabindex="0">(.*?)</pre>', html, re.DOTALL)
    assert found is not None
    return unescape(found[1])


@pytest.mark.parametrize("system", ALL)
def test_anybody_reads_a_guide_with_words_in_place_of_values(system: str) -> None:
    answer = Client().get(f"/help/set-up/{system}")
    assert answer.status_code == 200
    assert "SERVER_PUBLIC_KEY" in answer.text
    assert "DEVICE.conf" in answer.text


@pytest.mark.parametrize("system", ALL)
def test_the_words_in_place_of_values_are_the_readers_and_a_shell_takes_each_for_one(system: str) -> None:
    html = Client(headers={"Accept-Language": "de"}).get(f"/help/set-up/{system}").text
    assert re.search(r"SERVER_PUBLIC_KEY|DEVICE|LOCATION|IPV._ADDRESS|ENDPOINT", html) is None
    assert "GERÄT.conf" in html
    with translation.override("de"):
        words = placeholders()
    values = (words.interface, words.location, words.ipv4, words.ipv6, *words.dns, words.mtu, words.endpoint)
    assert [value for value in (*values, words.server_key) if not re.fullmatch(r"[\w/:]+", value)] == []


@pytest.mark.parametrize("system", ALL)
def test_a_guide_carries_the_values_of_ones_own_device_and_neither_secret(
    system: str, alice: User, laptop: VpnConfig, server: Server
) -> None:
    html = browser_of(alice).get(f"/help/set-up/{system}").text
    place = IpAssignment.objects.get(device=laptop)
    values = (f"{place.ipv4}/32", f"{place.ipv6}/128", "vpn.example.net:51820", "1380", "Amsterdam", "alice-s-laptop")
    assert [value for value in (*values, str(server.public_key)) if value not in html] == []
    assert f'href="/devices/{laptop.pk}/config"' in html
    secret = open_preshared_key(place.preshared_key, laptop.pk, server.pk)
    assert secret
    assert secret not in unescape(html)
    assert "SERVER_PUBLIC_KEY" not in html


def test_of_several_devices_one_is_chosen_and_a_strangers_is_not_found(
    alice: User, bob: User, laptop: VpnConfig, server: Server
) -> None:
    phone = add_device(user=bob, name="Phone", location_slug="ams", public_key=new_key())
    browser = browser_of(alice)
    assert "Alice’s Laptop" in browser.get(f"/help/set-up/linux?device={laptop.pk}").text
    assert browser.get(f"/help/set-up/linux?device={phone.pk}").status_code == 404
    assert browser.get("/help/set-up/linux?device=1").status_code == 404


def test_the_device_is_chosen_before_the_steps_that_are_about_it(
    alice: User, laptop: VpnConfig, server: Server
) -> None:
    browser = browser_of(alice)
    grant(alice, "basic")
    assert 'id="guide-device"' not in browser.get("/help/set-up/linux").text
    add_device(user=alice, name="Phone", location_slug="ams", public_key=new_key())
    html = browser.get(f"/help/set-up/linux?device={laptop.pk}").text
    assert html.index("<h1>") < html.index('id="guide-device"') < html.index("1. Add the device")


def test_without_a_device_and_without_a_server_the_words_stand_again(alice: User, bob: User, laptop: VpnConfig) -> None:
    assert "You have no device yet" in browser_of(bob).get("/help/set-up/linux").text
    IpAssignment.objects.filter(device=laptop).update(blocked="premium")
    html = browser_of(alice).get("/help/set-up/linux").text
    assert "This device has no server at its location now" in html
    assert "SERVER_PUBLIC_KEY" in html


def test_an_unknown_system_is_not_found_and_the_overview_leads_to_every_known_one() -> None:
    assert Client().get("/help/set-up/beos").status_code == 404
    overview = Client().get("/help/set-up").text
    assert [slug for slug in ALL if f'href="/help/set-up/{slug}"' not in overview] == []


def test_the_way_back_on_openwrt_takes_back_what_the_way_there_set(alice: User, laptop: VpnConfig) -> None:
    html = browser_of(alice).get("/help/set-up/openwrt").text
    added = re.findall(r"uci add_list (dhcp\.\S+)", block(html, "guide-dns"))
    back = block(html, "guide-back")
    assert added
    assert re.findall(r"uci del_list (dhcp\.\S+)", back) == added
    assert "noresolv='0'" in back
    assert "service dnsmasq restart" in back


def test_the_commands_for_openwrt_say_what_the_file_says(alice: User, laptop: VpnConfig, tmp_path: Path) -> None:
    html = browser_of(alice).get("/help/set-up/openwrt").text
    file = configuration(user=alice, device_id=laptop.pk, private_key=PRIVATE_KEY)
    (tmp_path / file.file_name).write_text(file.text)
    said = _run_uci(block(html, "guide-network"), tmp_path)
    lines = dict(line.split(" = ", 1) for line in file.text.splitlines() if " = " in line)
    peer = "network.nexusvpn_peer"
    assert said["network.nexusvpn.private_key"] == [PRIVATE_KEY]
    assert said["network.nexusvpn.addresses"] == lines["Address"].split(", ")
    assert said["network.nexusvpn.mtu"] == [lines["MTU"]]
    assert said[f"{peer}.public_key"] == [lines["PublicKey"]]
    assert said[f"{peer}.preshared_key"] == [lines["PresharedKey"]]
    assert said[f"{peer}.endpoint_host"] + said[f"{peer}.endpoint_port"] == lines["Endpoint"].split(":")
    assert sorted(said[f"{peer}.allowed_ips"]) == sorted(lines["AllowedIPs"].split(", "))
    assert said[f"{peer}.persistent_keepalive"] == [lines["PersistentKeepalive"]]
    assert not (tmp_path / file.file_name).exists()
    assert _run_uci(block(html, "guide-dns"), tmp_path)["dhcp.@dnsmasq[0].server"] == lines["DNS"].split(", ")
    assert _run_uci(block(html, "guide-firewall"), tmp_path)["firewall.nexusvpn_lan.dest"] == ["nexusvpn"]


def _run_uci(commands: str, folder: Path) -> dict[str, list[str]]:
    """What the commands set, by a shell that has no uci but one that writes down what it was told."""
    told = folder / "told"
    told.write_text("")
    script = f"uci() {{ printf '%s\\n' \"$2\" >> {told}; }}\n{commands.replace('/tmp/', f'{folder}/')}"
    subprocess.run(["sh", "-eu", "-c", script], check=True, timeout=10)
    values: dict[str, list[str]] = {}
    for line in told.read_text().splitlines():
        name, _, value = line.partition("=")
        values.setdefault(name, []).append(value)
    return values


def test_the_commands_for_linux_name_the_file_as_it_is_downloaded(alice: User, laptop: VpnConfig) -> None:
    html = browser_of(alice).get("/help/set-up/linux").text
    name = configuration(user=alice, device_id=laptop.pk).file_name
    assert block(html, "guide-install") == f"sudo install -m 600 {name} /etc/wireguard/{name}"
    assert block(html, "guide-up") == f"sudo wg-quick up {name.removesuffix('.conf')}"


def test_a_device_that_was_chosen_stays_so_on_the_way_to_its_system(alice: User, laptop: VpnConfig) -> None:
    browser = browser_of(alice)
    page = browser.get(f"/devices/{laptop.pk}").text
    assert f'href="/help/set-up?device={laptop.pk}"' in page
    assert f'href="/help/set-up/linux?device={laptop.pk}"' in browser.get(f"/help/set-up?device={laptop.pk}").text
    assert "<b>" not in browser.get('/help/set-up?device="><b>').text
