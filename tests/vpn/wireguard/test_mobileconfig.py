"""Profiles for Apple's systems, against what the WireGuard app documents and what it writes itself.

The app's documentation: https://github.com/WireGuard/wireguard-apple/blob/master/MOBILECONFIG.md
"""

import plistlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from vpn.wireguard.config import (
    PRIVATE_KEY_PLACEHOLDER,
    ClientConfig,
    ClientInterface,
    ServerPeer,
    render_client_config,
)
from vpn.wireguard.keys import generate_key_pair
from vpn.wireguard.mobileconfig import (
    PRIVATE_KEY_MARK,
    OnDemand,
    Platform,
    ProfileOptions,
    ProfileTunnel,
    render_profile,
)

ALICE, NODE = generate_key_pair(), generate_key_pair()
CONFIG = ClientConfig(
    ClientInterface(("10.64.0.9/32", "fd00:64::9/128"), ("9.9.9.9",), 1420),
    ServerPeer(NODE.public_key, "ams.vpn.example", 51820),
)
TUNNEL = ProfileTunnel(
    UUID("11111111-1111-4111-8111-111111111111"),
    "ams",
    "NexusVPN Amsterdam",
    "ams.vpn.example:51820",
    render_client_config(CONFIG),
)

TOP_KEYS = {
    "PayloadDisplayName": str,
    "PayloadType": str,
    "PayloadVersion": int,
    "PayloadIdentifier": str,
    "PayloadUUID": str,
    "PayloadContent": list,
}
TUNNEL_KEYS = {
    "PayloadDisplayName": str,
    "PayloadType": str,
    "PayloadVersion": int,
    "PayloadIdentifier": str,
    "PayloadUUID": str,
    "UserDefinedName": str,
    "VPNType": str,
    "VPNSubType": str,
    "VendorConfig": dict,
    "VPN": dict,
}
# What the app's own parser of WgQuickConfig takes; it refuses the whole tunnel for any other key.
APP_TAKES = {
    "Interface": {"PrivateKey", "ListenPort", "Address", "DNS", "MTU"},
    "Peer": {"PublicKey", "PresharedKey", "AllowedIPs", "Endpoint", "PersistentKeepalive"},
}


def profile(options: ProfileOptions | None = None, tunnel: ProfileTunnel = TUNNEL) -> dict[str, Any]:
    parsed: dict[str, Any] = plistlib.loads(render_profile(tunnel, options or ProfileOptions()), fmt=plistlib.FMT_XML)
    return parsed


def vpn(options: ProfileOptions | None = None, tunnel: ProfileTunnel = TUNNEL) -> dict[str, Any]:
    (payload,) = profile(options, tunnel)["PayloadContent"]
    assert isinstance(payload, dict)
    return payload


def test_it_has_the_documented_keys_with_values_of_the_documented_types() -> None:
    top, tunnel = profile(), vpn()
    assert {name: type(value) for name, value in top.items()} == TOP_KEYS
    assert {name: type(value) for name, value in tunnel.items()} == TUNNEL_KEYS
    assert (top["PayloadType"], top["PayloadVersion"]) == ("Configuration", 1)
    assert (tunnel["PayloadType"], tunnel["PayloadVersion"]) == ("com.apple.vpn.managed", 1)
    assert (tunnel["VPNType"], tunnel["UserDefinedName"]) == ("VPN", "NexusVPN Amsterdam")
    assert tunnel["VPN"] == {"RemoteAddress": "ams.vpn.example:51820", "AuthenticationMethod": "Password"}
    assert list(tunnel["VendorConfig"]) == ["WgQuickConfig"]


@pytest.mark.parametrize(
    ("platform", "bundle"), [(Platform.IOS, "com.wireguard.ios"), (Platform.MACOS, "com.wireguard.macos")]
)
def test_the_subtype_is_the_apps_name_on_the_platform(platform: Platform, bundle: str) -> None:
    assert vpn(ProfileOptions(platform))["VPNSubType"] == bundle


def test_the_tunnel_holds_only_what_the_app_takes() -> None:
    section = ""
    for line in vpn()["VendorConfig"]["WgQuickConfig"].splitlines():
        content = line.split("#")[0].strip()
        if content.startswith("["):
            section = content.strip("[]")
        elif content:
            assert content.split("=")[0].strip() in APP_TAKES[section]


def test_without_the_private_key_one_mark_stands_in_its_place_and_the_key_goes_there() -> None:
    raw = render_profile(TUNNEL, ProfileOptions()).decode()
    assert raw.count(PRIVATE_KEY_MARK) == 1
    assert PRIVATE_KEY_PLACEHOLDER not in raw
    filled = plistlib.loads(raw.replace(PRIVATE_KEY_MARK, ALICE.private_key).encode())
    whole = render_client_config(replace(CONFIG, interface=replace(CONFIG.interface, private_key=ALICE.private_key)))
    assert filled["PayloadContent"][0]["VendorConfig"]["WgQuickConfig"] == whole


def test_with_the_private_key_it_is_in_there_and_nothing_is_to_be_filled_in() -> None:
    whole = render_client_config(replace(CONFIG, interface=replace(CONFIG.interface, private_key=ALICE.private_key)))
    raw = render_profile(replace(TUNNEL, config=whole), ProfileOptions()).decode()
    assert PRIVATE_KEY_MARK not in raw
    assert raw.count(ALICE.private_key) == 1


def test_the_same_tunnel_makes_the_same_bytes_and_replaces_itself() -> None:
    assert render_profile(TUNNEL, ProfileOptions()) == render_profile(TUNNEL, ProfileOptions())
    before, after = profile(), profile(ProfileOptions(on_demand=OnDemand.ALWAYS))
    assert before["PayloadIdentifier"] == after["PayloadIdentifier"]
    assert before["PayloadUUID"] == after["PayloadUUID"]
    assert len({before["PayloadUUID"], before["PayloadContent"][0]["PayloadUUID"]}) == 2


@pytest.mark.parametrize("other", [{"place": "zrh"}, {"device_id": UUID("22222222-2222-4222-8222-222222222222")}])
def test_another_device_or_location_has_its_own_identity(other: dict[str, Any]) -> None:
    one, two = profile(), profile(tunnel=replace(TUNNEL, **other))
    for key in ("PayloadIdentifier", "PayloadUUID"):
        assert one[key] != two[key]
        assert one["PayloadContent"][0][key] != two["PayloadContent"][0][key]


HOME = ("Home", "Café <&> 5G")
LEAVE_HOME = {"Action": "Disconnect", "InterfaceTypeMatch": "WiFi", "SSIDMatch": list(HOME)}
ON_WIFI, OFF_WIFI = (
    {"Action": "Connect", "InterfaceTypeMatch": "WiFi"},
    {"Action": "Disconnect", "InterfaceTypeMatch": "WiFi"},
)
ON_MOBILE, OFF_MOBILE = (
    {"Action": "Connect", "InterfaceTypeMatch": "Cellular"},
    {"Action": "Disconnect", "InterfaceTypeMatch": "Cellular"},
)


@pytest.mark.parametrize(
    ("on_demand", "trusted", "rules"),
    [
        (OnDemand.ALWAYS, (), [{"Action": "Connect"}]),
        (OnDemand.ALWAYS, HOME, [LEAVE_HOME, ON_WIFI, ON_MOBILE]),
        (OnDemand.WIFI, (), [ON_WIFI, OFF_MOBILE]),
        (OnDemand.WIFI, HOME, [LEAVE_HOME, ON_WIFI, OFF_MOBILE]),
        (OnDemand.NOT_WIFI, (), [ON_MOBILE, OFF_WIFI]),
    ],
)
def test_the_rules_have_the_shapes_that_the_app_knows(
    on_demand: OnDemand, trusted: tuple[str, ...], rules: list[dict[str, Any]]
) -> None:
    """One, two or three rules in these orders; the app shows any other list as switched off (ActivateOnDemandOption.swift)."""
    found = vpn(ProfileOptions(on_demand=on_demand, trusted_wifi=trusted))["VPN"]
    assert (found["OnDemandEnabled"], found["OnDemandRules"]) == (1, rules)


def test_on_a_mac_ethernet_stands_for_what_is_not_wifi() -> None:
    rules = vpn(ProfileOptions(Platform.MACOS, OnDemand.NOT_WIFI))["VPN"]["OnDemandRules"]
    assert [rule["InterfaceTypeMatch"] for rule in rules] == ["Ethernet", "WiFi"]


def test_a_hostile_name_is_text() -> None:
    name = "</string><key>PayloadContent</key>\x00\x1b\n&"
    assert vpn(tunnel=replace(TUNNEL, name=name))["UserDefinedName"] == "</string><key>PayloadContent</key>   &"
