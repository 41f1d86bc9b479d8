"""A device's configuration over the API, with every choice, in every form."""

from __future__ import annotations

import plistlib
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.models import User
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from vpn.models import IpAssignment, Location, NodeStatus, Server
from vpn.wireguard.config import PRIVATE_KEY_PLACEHOLDER
from vpn.wireguard.mobileconfig import PRIVATE_KEY_MARK
from vpn.wireguard.public_keys import decode_key

PROFILE, ZIP = "application/x-apple-aspen-config", "application/zip"


@pytest.fixture
def ams(db: None) -> Server:
    return make_server(make_location("ams", name="Amsterdam"))


@pytest.fixture
def device(ams: Server, alice_api: ApiClient) -> str:
    made = alice_api.post("devices", {"name": "Laptop", "location": "ams", "public_key": new_key()})
    return str(made.data["id"])


def config(api: ApiClient, device: str, **choices: str) -> Any:
    answer = api.get(f"devices/{device}/config?{urlencode(choices)}")
    assert answer.status == 200, answer.body
    return answer.data


def lines(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition(" = ") for line in text.splitlines()) if value}


def fetch(user: User, device: str, accept: str, **choices: str) -> Any:
    """The answer as it is: files have no envelope."""
    headers = {"Authorization": f"Bearer {token_of(user)}", "Accept": accept}
    return Client().get(f"/api/v1/devices/{device}/config?{urlencode(choices)}", headers=headers)


def test_the_answer_has_the_file_its_name_and_no_notes_when_nothing_is_chosen(
    alice_api: ApiClient, device: str
) -> None:
    data = config(alice_api, device)
    assert set(data) == {"config", "file_name", "notes"}
    assert data["config"].startswith(f"[Interface]\n{PRIVATE_KEY_PLACEHOLDER}\n")
    assert (data["file_name"], data["notes"]) == ("laptop.conf", [])


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({"location": "ams"}, {"Address": "10.80.0.2/32, fd80::2/128"}),
        ({"dns": "none"}, {"DNS": None}),
        ({"dns": "adguard", "ipv6": "off"}, {"DNS": "94.140.14.14, 94.140.15.15"}),
        ({"dns": "10.0.0.53"}, {"DNS": "10.0.0.53", "AllowedIPs": "0.0.0.0/0, ::/0"}),
        ({"mtu": "1280"}, {"MTU": "1280"}),
        ({"port": "51820"}, {"Endpoint": "203.0.113.10:51820"}),
        ({"ipv6": "off"}, {"Address": "10.80.0.2/32", "AllowedIPs": "0.0.0.0/0", "DNS": "9.9.9.9"}),
        ({"kill_switch": "on"}, {"FwMark": None, "PreUp": None, "AllowedIPs": "0.0.0.0/0, ::/0"}),
        ({"kill_switch": "on", "split": "include:10.0.0.0/8"}, {"FwMark": "51820"}),
        ({"split": "include:10.0.0.0/8"}, {"AllowedIPs": "9.9.9.9/32, 10.0.0.0/8, 2620:fe::fe/128", "PostUp": None}),
        ({"split": "exclude:128.0.0.0/1,::/0", "dns": "none"}, {"AllowedIPs": "0.0.0.0/1"}),
    ],
)
def test_a_choice_is_in_the_file(
    alice_api: ApiClient, device: str, choices: dict[str, str], expected: dict[str, str | None]
) -> None:
    found = lines(config(alice_api, device, **choices)["config"])
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("choices", "note"),
    [
        ({"dns": "none"}, "No DNS server is set"),
        ({"ipv6": "off"}, "these DNS servers are left out: 2620:fe::fe."),
        ({"ipv6": "off"}, "where your network has it, it is used outside"),
        ({"ipv6": "off", "kill_switch": "on"}, "IPv6 does not go through the tunnel, and the kill switch blocks it."),
        ({"split": "include:10.0.0.0/8"}, "The DNS server 9.9.9.9 goes through the tunnel although"),
        ({"split": "exclude:192.168.0.0/16"}, "The VPN server's own address 203.0.113.10 stays outside"),
        ({"kill_switch": "on"}, "nft delete table inet nexusvpn-laptop"),
        ({"kill_switch": "on"}, "It also blocks your local network"),
    ],
)
def test_what_is_worth_knowing_is_a_note_and_a_comment_of_the_file(
    alice_api: ApiClient, device: str, choices: dict[str, str], note: str
) -> None:
    data = config(alice_api, device, **choices)
    (found,) = [each for each in data["notes"] if note in each]
    assert f"\n# {found}\n" in "\n" + data["config"]


@pytest.mark.parametrize("split", ["include:10.0.0.0/8", "exclude:private"])
def test_a_kill_switch_that_leaves_the_local_network_alone_says_nothing_of_it(
    alice_api: ApiClient, device: str, split: str
) -> None:
    notes = config(alice_api, device, kill_switch="on", split=split)["notes"]
    assert not any("local network" in note for note in notes)


@pytest.mark.parametrize(
    ("query", "status", "code", "fields"),
    [
        ("x=1&y=2", 400, "unknown_field", ["x", "y"]),
        ("dns=none&dns=quad9", 400, "invalid_input", ["dns"]),
        ("mtu=1&ipv6=maybe", 400, "invalid_input", ["mtu", "ipv6"]),
        ("location=nowhere", 400, "unknown_location", ["location"]),
        ("location=%00", 400, "invalid_input", ["location"]),
        ("location=all", 400, "invalid_input", ["location"]),
        ("port=443", 409, "port_not_offered", ["port"]),
        ("split=include:fd00::/8&ipv6=off", 400, "invalid_input", ["split"]),
        ("split=exclude:0.0.0.0/0,::/0", 400, "invalid_input", ["split"]),
        ("split=include:" + ",".join(["10.0.0.0/8"] * 65), 400, "split_too_large", ["split"]),
        (
            "split=exclude:" + ",".join(f"{0x2000 + 3 * number:x}::1" for number in range(64)),
            400,
            "split_too_large",
            ["split"],
        ),
    ],
)
def test_a_refusal_names_the_choice(
    alice_api: ApiClient, device: str, query: str, status: int, code: str, fields: list[str]
) -> None:
    answer = alice_api.get(f"devices/{device}/config?{query}")
    assert (answer.status, answer.code, list(answer.fields)) == (status, code, fields)


def test_only_ports_that_the_node_says_it_offers_may_be_chosen(alice_api: ApiClient, device: str, ams: Server) -> None:
    """What staff asked for is a wish until then."""
    Server.objects.update(extra_ports=[53, 443, 123])
    answer = alice_api.get(f"devices/{device}/config?port=443")
    assert (answer.code, answer.fields) == ("port_not_offered", {"port": ["This server listens on 51820."]})
    NodeStatus.objects.update(offered_ports=[443, 53])
    assert lines(config(alice_api, device, port="443")["config"])["Endpoint"] == "203.0.113.10:443"
    assert lines(config(alice_api, device)["config"])["Endpoint"] == "203.0.113.10:51820"
    answer = alice_api.get(f"devices/{device}/config?port=123")
    assert answer.fields == {"port": ["This server listens on 51820, 53, 443."]}


class TestAnotherLocation:
    @pytest.fixture
    def zrh(self, db: None) -> Server:
        return make_server(make_location("zrh"), network_v4="10.90.0.0/24", network_v6="fd90::/64", dns=["10.90.0.1"])

    def test_the_device_gets_a_place_there_and_keeps_it(self, alice_api: ApiClient, device: str, zrh: Server) -> None:
        data = config(alice_api, device, location="zrh")
        found = lines(data["config"])
        assert (found["Address"], found["PublicKey"]) == ("10.90.0.2/32, fd90::2/128", zrh.public_key)
        assert (found["DNS"], data["file_name"]) == ("10.90.0.1", "zrh.conf")
        assert config(alice_api, device, location="zrh") == data
        assert lines(config(alice_api, device)["config"])["Address"] == "10.80.0.2/32, fd80::2/128"
        assert IpAssignment.objects.live().count() == 2
        assert_invariants()

    def test_each_place_has_a_preshared_key_of_its_own(self, alice_api: ApiClient, device: str, zrh: Server) -> None:
        keys = {lines(config(alice_api, device, location=slug)["config"])["PresharedKey"] for slug in ("ams", "zrh")}
        assert len(keys) == 2
        assert all(len(decode_key(key)) == 32 for key in keys)

    @pytest.mark.parametrize(
        ("trouble", "status", "code"),
        [
            ({"state": "offline"}, 409, "location_unavailable"),
            ({"network_v4": "10.90.0.0/29", "next_host": 7}, 409, "location_full"),
        ],
    )
    def test_where_there_is_no_place_it_is_said(
        self, alice_api: ApiClient, device: str, zrh: Server, trouble: dict[str, Any], status: int, code: str
    ) -> None:
        Server.objects.filter(pk=zrh.pk).update(**trouble)
        answer = alice_api.get(f"devices/{device}/config?location=zrh")
        assert (answer.status, answer.code) == (status, code)
        assert IpAssignment.objects.live().count() == 1

    def test_a_premium_location_needs_its_plan(self, alice_api: ApiClient, device: str, zrh: Server) -> None:
        Location.objects.filter(slug="zrh").update(premium=True)
        answer = alice_api.get(f"devices/{device}/config?location=zrh")
        assert (answer.status, answer.code) == (403, "premium_location")

    def test_bad_choices_take_no_address(self, alice_api: ApiClient, device: str, zrh: Server) -> None:
        assert alice_api.get(f"devices/{device}/config?location=zrh&mtu=1").status == 400
        assert IpAssignment.objects.live().count() == 1


def test_with_a_host_name_a_split_says_what_linux_needs_and_the_kill_switch_is_refused(
    alice_api: ApiClient, device: str, ams: Server
) -> None:
    Server.objects.update(public_endpoint="ams.vpn.example")
    (note,) = config(alice_api, device, split="exclude:192.168.0.0/16")["notes"]
    assert "look its address up and exclude it" in note
    answer = alice_api.get(f"devices/{device}/config?split=exclude:192.168.0.0/16&kill_switch=on")
    assert (answer.status, answer.code, list(answer.fields)) == (409, "split_needs_address", ["kill_switch"])
    assert "PreUp" in lines(config(alice_api, device, kill_switch="on")["config"])
    assert config(alice_api, device, kill_switch="on", split="include:10.0.0.0/8", dns="10.0.0.1")


def test_as_plain_text_it_is_the_file_to_save(alice: User, device: str) -> None:
    answer = fetch(alice, device, "text/plain", mtu="1280")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="laptop.conf"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert "MTU = 1280" in answer.text


@pytest.mark.parametrize(
    "accept", ["*/*", "text/html", "application/json, text/plain", "application/json, application/zip"]
)
def test_where_json_will_do_it_is_json(alice: User, device: str, accept: str) -> None:
    assert fetch(alice, device, accept).json()["data"]["file_name"] == "laptop.conf"


def test_the_first_form_that_accept_names_is_given(alice: User, device: str) -> None:
    answer = fetch(alice, device, "image/png, Text/Plain;q=0.5, application/zip")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_as_a_profile_it_has_a_mark_for_the_private_key(alice: User, device: str) -> None:
    answer = fetch(alice, device, PROFILE, platform="macos", on_demand="always", trusted_wifi="Home\nOffice")
    assert answer.headers["Content-Type"] == PROFILE
    assert answer.headers["Content-Disposition"] == 'attachment; filename="laptop.mobileconfig"'
    assert answer.text.count(PRIVATE_KEY_MARK) == 1
    (tunnel,) = plistlib.loads(answer.content)["PayloadContent"]
    assert (tunnel["VPNSubType"], tunnel["UserDefinedName"]) == ("com.wireguard.macos", "NexusVPN Amsterdam")
    assert tunnel["VPN"]["RemoteAddress"] == "203.0.113.10:51820"
    assert tunnel["VPN"]["OnDemandRules"][0]["SSIDMatch"] == ["Home", "Office"]


def test_a_profile_with_the_kill_switch_is_refused_since_the_app_takes_no_such_lines(alice: User, device: str) -> None:
    answer = fetch(alice, device, PROFILE, kill_switch="on")
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["kill_switch"])


@pytest.mark.parametrize("accept", ["application/json", "text/plain", PROFILE, ZIP])
def test_anothers_device_does_not_exist_in_any_form(bob: User, alice_api: ApiClient, device: str, accept: str) -> None:
    assert fetch(bob, device, accept).status_code == 404


@pytest.mark.parametrize("accept", ["application/json", "text/plain", PROFILE, ZIP])
def test_without_a_server_key_there_is_no_configuration_in_any_form(alice: User, device: str, accept: str) -> None:
    Server.objects.update(state="enrolling", public_key=None)
    answer = fetch(alice, device, accept)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "location_unavailable")


def test_the_schema_knows_every_choice_and_every_form(api: ApiClient, db: None) -> None:
    schema = Client().get("/api/schema?format=json").json()
    operation = schema["paths"]["/api/v1/devices/{id}/config"]["get"]
    names = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
    assert names == {
        "location", "dns", "mtu", "port", "ipv6", "kill_switch", "split", "platform", "on_demand", "trusted_wifi"
    }  # fmt: skip
    assert set(operation["responses"]["200"]["content"]) == {"application/json", "text/plain", PROFILE, ZIP}
