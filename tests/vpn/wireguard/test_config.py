"""The customer's configuration file: what goes in comes out, and nothing else gets in."""

import ipaddress
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agent.needs import require_tool
from vpn.wireguard.config import (
    PRIVATE_KEY_PLACEHOLDER,
    ClientConfig,
    ClientInterface,
    InvalidConfigValue,
    ServerPeer,
    render_client_config,
    render_endpoint,
)
from vpn.wireguard.keys import InvalidKey, generate_key_pair, generate_preshared_key

ALICE, NODE = generate_key_pair(), generate_key_pair()
CONFIG = ClientConfig(
    ClientInterface(("10.64.0.9/32", "fd00:64::9/128"), ("10.64.0.1", "fd00:64::1"), 1420, ALICE.private_key),
    ServerPeer(NODE.public_key, "de1.vpn.example.com", 51820),
)


def parse(text: str) -> dict[str, str]:
    """Read a file back as `Section.Name` to value, the way wg-quick does: comments away, one `=` each."""
    values, section = {}, ""
    for line in text.split("\n"):
        content = line.split("#")[0].strip()
        if content.startswith("["):
            section = content.strip("[]")
        elif content:
            name, _, value = content.partition("=")
            assert f"{section}.{name.strip()}" not in values
            values[f"{section}.{name.strip()}"] = value.strip()
    return values


def test_the_file_word_for_word() -> None:
    assert render_client_config(CONFIG) == (
        f"[Interface]\nPrivateKey = {ALICE.private_key}\nAddress = 10.64.0.9/32, fd00:64::9/128\n"
        f"DNS = 10.64.0.1, fd00:64::1\nMTU = 1420\n\n[Peer]\nPublicKey = {NODE.public_key}\n"
        "AllowedIPs = 0.0.0.0/0, ::/0\nEndpoint = de1.vpn.example.com:51820\nPersistentKeepalive = 25\n"
    )


def test_without_a_private_key_there_is_a_line_to_fill_in(tmp_path: Path) -> None:
    require_tool("wg-quick")
    text = render_client_config(replace(CONFIG, interface=replace(CONFIG.interface, private_key=None)))
    assert PRIVATE_KEY_PLACEHOLDER in text
    filled = text.replace(PRIVATE_KEY_PLACEHOLDER, f"PrivateKey = {ALICE.private_key}")
    path = tmp_path / "wgtest.conf"
    path.write_text(filled)
    path.chmod(0o600)
    stripped = subprocess.run(["wg-quick", "strip", str(path)], capture_output=True, text=True, check=True).stdout
    values = parse(stripped)
    assert values["Interface.PrivateKey"] == ALICE.private_key
    assert values["Peer.PublicKey"] == NODE.public_key
    assert values["Peer.AllowedIPs"].replace(" ", "") == "0.0.0.0/0,::/0"


@given(
    address=st.ip_addresses(),
    dns=st.lists(st.ip_addresses(), max_size=4),
    mtu=st.integers(576, 65535),
    host=st.ip_addresses(),
    port=st.integers(1, 65535),
    preshared=st.booleans(),
)
def test_every_value_comes_back(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    dns: list[ipaddress.IPv4Address | ipaddress.IPv6Address],
    mtu: int,
    host: ipaddress.IPv4Address | ipaddress.IPv6Address,
    port: int,
    preshared: bool,
) -> None:
    address, host = (type(ip)(int(ip)) for ip in (address, host))  # without an IPv6 zone
    dns = [type(ip)(int(ip)) for ip in dns]
    key = generate_preshared_key() if preshared else None
    length = 32 if address.version == 4 else 128
    text = render_client_config(
        ClientConfig(
            ClientInterface((f"{address}/{length}",), tuple(map(str, dns)), mtu, ALICE.private_key),
            ServerPeer(NODE.public_key, str(host), port, key),
        )
    )
    values = parse(text)
    assert values["Interface.Address"] == f"{address}/{length}"
    assert values.get("Interface.DNS", "") == ", ".join(map(str, dns))
    assert values["Interface.MTU"] == str(mtu)
    assert values.get("Peer.PresharedKey") == key
    where, _, number = values["Peer.Endpoint"].rpartition(":")
    assert (ipaddress.ip_address(where.strip("[]")), int(number)) == (host, port)
    assert where.startswith("[") == (host.version == 6)


@given(
    field=st.sampled_from(["address", "dns", "host", "private_key", "preshared_key", "public_key", "allowed_ips"]),
    before=st.sampled_from(["", "10.64.0.9", "10.64.0.9/32", "fe80::1%", "vpn.example.com", "A" * 42 + "E="]),
    poison=st.sampled_from(["\n", "\r", "\r\n", "\x00", "\x1b", "\x85", "\u2028", "\t", "#", " ", ",", "=", "é"]),
    after=st.text(max_size=20),
)
def test_no_value_can_start_a_line_of_its_own(field: str, before: str, poison: str, after: str) -> None:
    text = before + poison + after + "\nPostUp = reboot"
    interface, peer = CONFIG.interface, CONFIG.peer
    broken = {
        "address": ClientConfig(replace(interface, addresses=(text,)), peer),
        "dns": ClientConfig(replace(interface, dns=(text,)), peer),
        "private_key": ClientConfig(replace(interface, private_key=text), peer),
        "host": ClientConfig(interface, replace(peer, endpoint_host=text)),
        "preshared_key": ClientConfig(interface, replace(peer, preshared_key=text)),
        "public_key": ClientConfig(interface, replace(peer, public_key=text)),
        "allowed_ips": ClientConfig(interface, replace(peer, allowed_ips=(text,))),
    }[field]
    with pytest.raises((InvalidConfigValue, InvalidKey)) as caught:
        render_client_config(broken)
    assert "PostUp" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["", "-a.example", "a..b", "a_b.example", "exämple.com", "a b", "a" * 64, "1.2.3.4:5", "fe80::1%eth0"]
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="Endpoint"):
        render_endpoint(host, 51820)


@pytest.mark.parametrize("port", [0, -1, 65536, True, "51820", 1.5])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match="Endpoint"):
        render_endpoint("vpn.example.com", port)


def test_an_ipv6_endpoint_stands_in_brackets_once() -> None:
    assert render_endpoint("2001:db8::1", 1) == "[2001:db8::1]:1"
    assert render_endpoint("[2001:db8::1]", 1) == "[2001:db8::1]:1"
    assert re.fullmatch(r"192\.0\.2\.1:1", render_endpoint("192.0.2.1", 1))


def test_a_file_without_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match="Address"):
        render_client_config(replace(CONFIG, interface=replace(CONFIG.interface, addresses=())))
