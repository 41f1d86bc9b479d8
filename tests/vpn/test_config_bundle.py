"""All locations in one archive: who is in it, who is not and why, and that it is the same each time."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server
from tests.invariants import assert_invariants
from tests.queries import recorded_queries
from tests.vpn.acting import add, silence
from vpn.errors import LocationFull
from vpn.models import IpAssignment, Location, NodeStatus, Server, VpnConfig
from vpn.services.config_bundle import configuration_bundle
from vpn.services.config_choices import DEFAULT_CHOICES
from vpn.services.device_life import suspend_device
from vpn.wireguard.config import PRIVATE_KEY_PLACEHOLDER

pytestmark = pytest.mark.django_db(transaction=True)


def server_in(location: Location, number: int, **fields: object) -> Server:
    values = {"network_v4": f"10.{90 + number}.0.0/24", "network_v6": f"fd90:{number}::/64", **fields}
    return make_server(location, **values)


@pytest.fixture
def device(alice: User) -> VpnConfig:
    """In Amsterdam; there are servers in Zürich and Oslo too."""
    for number, (slug, city, country) in enumerate(
        [("ams", "Amsterdam", "NL"), ("osl", "Oslo", "NO"), ("zrh", "Zürich", "CH")]
    ):
        server_in(make_location(slug, city=city, country_code=country), number)
    return add(alice)


def fetch(user: User, device: VpnConfig, query: str = "location=all") -> Any:
    headers = {"Authorization": f"Bearer {token_of(user)}", "Accept": "application/zip"}
    return Client().get(f"/api/v1/devices/{device.pk}/config?{query}", headers=headers)


def unpack(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_there_is_a_file_for_each_location_and_the_device_is_placed_in_it(alice: User, device: VpnConfig) -> None:
    files = unpack(fetch(alice, device))
    assert list(files) == ["ams.conf", "osl.conf", "zrh.conf", "README.txt"]
    for assignment in IpAssignment.objects.live().select_related("server", "location"):
        text = files[f"{assignment.location.slug}.conf"]
        assert text.count(PRIVATE_KEY_PLACEHOLDER) == 1
        assert f"Address = {assignment.ipv4}/32, {assignment.ipv6}/128" in text
        assert f"PublicKey = {assignment.server.public_key}" in text
    assert IpAssignment.objects.live().count() == 3
    assert_invariants()


def test_the_readme_says_what_is_in_it(alice: User, device: VpnConfig) -> None:
    readme = unpack(fetch(alice, device))["README.txt"]
    assert readme.startswith(
        "NexusVPN configurations of Phone\n\nams.conf  Amsterdam, Netherlands (ams)\nosl.conf  Oslo, Norway (osl)\n"
    )
    assert "zrh.conf  Zürich, Switzerland (zrh)\n" in readme
    assert "Left out" not in readme


def fill(server: Server, somebody: User) -> None:
    """Every address of the server is taken by others."""
    Server.objects.filter(pk=server.pk).update(network_v4="10.91.0.0/29", network_v6="fd90:1::/125")
    for number in range(5):
        add(somebody, str(number), server.location.slug)
    with pytest.raises(LocationFull):
        add(somebody, "one more", server.location.slug)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("full", "This location has no address left."),
        ("offline", "No server of this location takes new devices now."),
        ("silent", "No server of this location takes new devices now."),
        ("unenrolled", "No server of this location takes new devices now."),
        ("premium", "This location belongs to a plan with premium locations."),
    ],
)
def test_a_location_that_cannot_be_had_is_left_out_with_the_reason(
    alice: User, bob: User, device: VpnConfig, trouble: str, reason: str
) -> None:
    server = Server.objects.get(location__slug="osl")
    if trouble == "full":
        grant(bob, "pro")
        fill(server, bob)
    elif trouble == "silent":
        silence(server)
    elif trouble == "premium":
        Location.objects.filter(slug="osl").update(premium=True)
    else:
        changes: dict[str, dict[str, Any]] = {
            "offline": {"state": "offline"},
            "unenrolled": {"state": "enrolling", "public_key": None},
        }
        Server.objects.filter(pk=server.pk).update(**changes[trouble])
    files = unpack(fetch(alice, device))
    assert list(files) == ["ams.conf", "zrh.conf", "README.txt"]
    assert f"\nLeft out:\nOslo, Norway (osl): {reason}" in files["README.txt"]
    assert IpAssignment.objects.live().filter(user=alice).count() == 2
    assert_invariants()


def test_a_location_that_went_offline_is_left_out_though_the_device_has_a_place_there(
    alice: User, device: VpnConfig
) -> None:
    unpack(fetch(alice, device))
    Server.objects.filter(location__slug="osl").update(state="offline")
    assert "osl.conf" not in unpack(fetch(alice, device))


def test_a_plan_with_premium_locations_gets_them(alice: User, device: VpnConfig) -> None:
    Location.objects.filter(slug="osl").update(premium=True)
    grant(alice, "pro")
    assert "osl.conf" in unpack(fetch(alice, device))


def test_choices_hold_for_every_file_and_a_port_only_where_it_is_offered(alice: User, device: VpnConfig) -> None:
    NodeStatus.objects.filter(server__location__slug="osl").update(offered_ports=[443, 53])
    files = unpack(fetch(alice, device, "location=all&port=443&ipv6=off&split=exclude:private&dns=quad9"))
    assert list(files) == ["osl.conf", "README.txt"]
    assert "Endpoint = 203.0.113.10:443" in files["osl.conf"]
    assert "DNS = 9.9.9.9, 149.112.112.112\n" in files["osl.conf"]
    assert "Amsterdam, Netherlands (ams): This server listens on 51820." in files["README.txt"]


def test_the_kill_switch_of_each_file_has_the_name_of_that_file(alice: User, device: VpnConfig) -> None:
    files = unpack(fetch(alice, device, "location=all&kill_switch=on"))
    for slug in ("ams", "osl", "zrh"):
        assert f"nft delete table inet nexusvpn-{slug}" in files[f"{slug}.conf"]


def test_names_are_valid_for_wg_quick_and_unique_however_long_the_slugs(alice: User, device: VpnConfig) -> None:
    for number, slug in enumerate(("frankfurt-am-main-1", "frankfurt-am-main-2", "Frankfurt-am-Main-3"), start=3):
        server_in(make_location(slug, city="Frankfurt", country_code="DE"), number)
    files = unpack(fetch(alice, device))
    frankfurt = [name for name in files if name.startswith("frank")]
    assert sorted(frankfurt) == ["frankfurt-am-2.conf", "frankfurt-am-3.conf", "frankfurt-am-ma.conf"]
    assert all(len(name) <= 15 + len(".conf") for name in files)


def test_the_same_archive_has_the_same_bytes_at_any_time(alice: User, device: VpnConfig) -> None:
    first = fetch(alice, device).content
    time.sleep(2.1)  # a ZIP archive tells times that are two seconds apart
    assert fetch(alice, device).content == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100600}


def test_nothing_left_is_a_refusal(alice: User, device: VpnConfig) -> None:
    Server.objects.update(state="offline")
    answer = fetch(alice, device)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "location_unavailable")


def test_a_suspended_device_is_told_so_and_not_that_every_location_is_away(alice: User, device: VpnConfig) -> None:
    suspend_device(user=alice, device_id=device.pk, by=VpnConfig.SuspendedBy.CUSTOMER)
    answer = fetch(alice, device)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "device_suspended")


@pytest.mark.parametrize(
    ("query", "status", "code", "field"),
    [
        ("location=ams", 400, "invalid_input", "location"),
        ("location=all&x=1", 400, "unknown_field", "x"),
        ("mtu=1", 400, "invalid_input", "mtu"),
        ("split=exclude:0.0.0.0/0,::/0", 400, "invalid_input", "split"),
    ],
)
def test_a_refusal_of_the_choices_is_one_of_the_whole(
    alice: User, device: VpnConfig, query: str, status: int, code: str, field: str
) -> None:
    answer = fetch(alice, device, query)
    assert answer.status_code == status
    assert (answer.json()["error"]["code"], list(answer.json()["error"]["fields"])) == (code, [field])


def test_without_a_location_the_archive_has_all(alice: User, device: VpnConfig) -> None:
    assert len(unpack(fetch(alice, device, "dns=none"))) == 4


def test_a_name_of_several_lines_stays_on_one(alice: User, device: VpnConfig) -> None:
    VpnConfig.objects.update(name="Lap\r\ntop: Left out:")
    assert unpack(fetch(alice, device))["README.txt"].startswith("NexusVPN configurations of Lap top: Left out:\n\nams")


def test_each_location_costs_the_same_number_of_queries_and_fewer_once_the_device_is_there(
    alice: User, device: VpnConfig
) -> None:
    def cost() -> int:
        with recorded_queries() as statements:
            configuration_bundle(user=alice, device_id=device.pk, choices=DEFAULT_CHOICES)
        return len(statements)

    cost()
    without = [cost()]
    placing, there = [], []
    for number in range(3, 7):
        server_in(make_location(f"more-{number}"), number)
        placing.append(cost() - without[-1])
        without.append(cost())
        there.append(without[-1] - without[-2])
    assert len(set(there)) == len(set(placing)) == 1
    assert there[0] <= 2 < placing[0]


def test_the_api_of_somebody_else_finds_no_device(bob_api: ApiClient, device: VpnConfig) -> None:
    answer = bob_api.get(f"devices/{device.pk}/config?location=all", accept="application/zip")
    assert (answer.status, answer.code) == (404, "not_found")
    assert IpAssignment.objects.live().count() == 1
