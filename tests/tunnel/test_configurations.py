"""Every choice of a configuration, with wg-quick itself: the file is taken, and packets of both families go as chosen."""

from __future__ import annotations

import time

import pytest

from tests.live.stack import Stack
from tests.tunnel.cable import listen
from tests.tunnel.lab import WORLD_V4, WORLD_V6
from tests.tunnel.travellers import (
    BESIDE_QUAD9,
    BLOCKED,
    OTHER_V4,
    OTHER_V6,
    OUTSIDE,
    PRIVATE_V4,
    PRIVATE_V6,
    QUAD9_V4,
    QUAD9_V6,
    TUNNEL,
    Traveller,
)
from tests.tunnel.wg_quick import WgQuickClient

pytestmark = pytest.mark.live

EVERYTHING = {WORLD_V4: TUNNEL, WORLD_V6: TUNNEL, OTHER_V4: TUNNEL, OTHER_V6: TUNNEL, QUAD9_V4: TUNNEL}
ON = {"kill_switch": "on"}

CASES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "nothing chosen": ({}, EVERYTHING),
    "no DNS": ({"dns": "none"}, EVERYTHING),
    "a resolver by name": ({"dns": "quad9"}, {**EVERYTHING, QUAD9_V6: TUNNEL}),
    "small packets": ({"mtu": "1280"}, EVERYTHING),
    "large packets": ({"mtu": "1500"}, EVERYTHING),
    "the usual port by number": ({"port": "51820"}, EVERYTHING),
    "no IPv6": ({"ipv6": "off"}, {WORLD_V4: TUNNEL, OTHER_V4: TUNNEL, WORLD_V6: OUTSIDE, QUAD9_V6: OUTSIDE}),
    "no IPv6, kill switch": ({"ipv6": "off", **ON}, {WORLD_V4: TUNNEL, WORLD_V6: BLOCKED, PRIVATE_V6: BLOCKED}),
    "kill switch": (ON, EVERYTHING),
    "some networks": (
        {"split": "include:203.0.113.0/24,2001:db8:7::/48"},
        {WORLD_V4: TUNNEL, WORLD_V6: TUNNEL, OTHER_V4: OUTSIDE, OTHER_V6: OUTSIDE, QUAD9_V4: TUNNEL, QUAD9_V6: TUNNEL},
    ),
    "some networks, no DNS": (
        {"split": "include:203.0.113.7", "dns": "none"},
        {WORLD_V4: TUNNEL, WORLD_V6: OUTSIDE, QUAD9_V4: OUTSIDE},
    ),
    "some networks, no IPv6, kill switch": (
        {"split": "include:203.0.113.0/24,2001:db8:7::/48", "ipv6": "off", **ON},
        {WORLD_V4: TUNNEL, WORLD_V6: BLOCKED, OTHER_V4: OUTSIDE, OTHER_V6: OUTSIDE},
    ),
    "all but some networks": (
        {"split": "exclude:198.51.100.0/24,2001:db8:9::/48"},
        {WORLD_V4: TUNNEL, WORLD_V6: TUNNEL, OTHER_V4: OUTSIDE, OTHER_V6: OUTSIDE},
    ),
    "all but IPv6 networks": (
        {"split": "exclude:2001:db8:9::/48"},
        {WORLD_V4: TUNNEL, WORLD_V6: TUNNEL, OTHER_V4: TUNNEL, OTHER_V6: OUTSIDE},
    ),
    "all but some networks, kill switch": (
        {"split": "exclude:198.51.100.0/24,2001:db8:9::/48", **ON},
        {WORLD_V4: TUNNEL, WORLD_V6: TUNNEL, OTHER_V4: OUTSIDE, OTHER_V6: OUTSIDE},
    ),
    "all but private networks": (
        {"split": "exclude:private"},
        {WORLD_V4: TUNNEL, WORLD_V6: TUNNEL, PRIVATE_V4: OUTSIDE, PRIVATE_V6: OUTSIDE},
    ),
    "all but private networks, kill switch, no IPv6, small packets": (
        {"split": "exclude:private", "ipv6": "off", "mtu": "1280", **ON},
        {WORLD_V4: TUNNEL, WORLD_V6: BLOCKED, PRIVATE_V4: OUTSIDE, PRIVATE_V6: OUTSIDE},
    ),
    "a DNS server in an excluded network": (
        {"split": "exclude:9.9.9.0/24", "dns": QUAD9_V4},
        {WORLD_V4: TUNNEL, QUAD9_V4: TUNNEL, BESIDE_QUAD9: OUTSIDE},
    ),
    "a DNS server in an excluded network, kill switch": (
        {"split": "exclude:9.9.9.0/24", "dns": QUAD9_V4, **ON},
        {WORLD_V4: TUNNEL, QUAD9_V4: TUNNEL, BESIDE_QUAD9: OUTSIDE},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_packets_go_as_chosen_and_nothing_is_left_afterwards(
    traveller: Traveller, client: WgQuickClient, name: str
) -> None:
    choices, ways = CASES[name]
    config, file_name = traveller.config(**choices)
    assert file_name == client.file.name
    before = client.state()
    client.up(config)
    assert "[Peer]" in client.strip()
    traveller.wait_until_through(WORLD_V4)
    assert {target: traveller.way_to(target) for target in ways} == ways
    client.down()
    assert client.state() == before
    assert traveller.way_to(WORLD_V4) == OUTSIDE


@pytest.mark.parametrize(
    ("choices", "servers"),
    [
        ({}, ["9.9.9.9", "2620:fe::fe"]),
        ({"dns": "none"}, []),
        ({"dns": "quad9"}, ["9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9"]),
        ({"dns": "cloudflare", "ipv6": "off"}, ["1.1.1.1", "1.0.0.1"]),
        ({"dns": "10.77.0.1,fd77::1"}, ["10.77.0.1", "fd77::1"]),
        ({"ipv6": "off"}, ["9.9.9.9"]),
    ],
)
def test_the_dns_servers_are_set_while_the_tunnel_is_up(
    traveller: Traveller, client: WgQuickClient, choices: dict[str, str], servers: list[str]
) -> None:
    client.up(traveller.config(**choices)[0])
    assert client.dns == servers
    client.down()
    assert client.dns == []


@pytest.mark.parametrize("mtu", [1280, 1420, 1500])
def test_a_packet_of_just_the_mtu_passes_and_no_larger_one(
    traveller: Traveller, client: WgQuickClient, mtu: int
) -> None:
    # The cable takes 1,500 bytes: above 1,440 the tunnel's own packets are cut in two on it.
    client.up(traveller.config(mtu=str(mtu))[0])
    traveller.wait_until_through(WORLD_V4)
    headers = 20 + 8
    for size, passes in ((mtu - headers, True), (mtu - headers + 1, False)):
        command = ["ping", "-n", "-c1", "-W", "1", "-M", "do", "-s", str(size), WORLD_V4]
        shown = traveller.lab.in_("client", *command, check=False)
        assert (" 1 received" in shown) is passes, shown
    client.down()


def test_another_port_carries_the_tunnel_once_the_node_offers_it(
    traveller: Traveller, client: WgQuickClient, stack: Stack
) -> None:
    port = 443
    # As staff's change of the interface does: a new epoch makes the node look at all of it.
    stack.sql("UPDATE vpn_server SET extra_ports = %s, epoch = gen_random_uuid() WHERE name = 'demo-1'", [port])
    try:
        offered = (
            "SELECT offered_ports FROM vpn_nodestatus n JOIN vpn_server s ON s.id = n.server_id WHERE s.name = 'demo-1'"
        )
        deadline = time.monotonic() + 20
        while stack.sql(offered) != [([port],)]:
            assert time.monotonic() < deadline, stack.sql(offered)
            time.sleep(0.2)
        client.up(traveller.config(port=str(port))[0])
        traveller.wait_until_through(WORLD_V4)
        with listen(traveller.cable) as heard:
            assert traveller.ping(WORLD_V4)
            assert traveller.ping(WORLD_V6)
        assert {packet.detail for packet in heard} == {port}
        client.down()
    finally:
        stack.sql("UPDATE vpn_server SET extra_ports = '{}', epoch = gen_random_uuid() WHERE name = 'demo-1'")


def test_a_split_that_wg_quick_would_loop_keeps_the_server_reachable(
    traveller: Traveller, client: WgQuickClient
) -> None:
    """Its own address is what makes the difference: with it in AllowedIPs the handshake goes into the tunnel."""
    config, _ = traveller.config(split="exclude:198.51.100.0/24")
    server = traveller.lab.node_address
    assert f"The VPN server's own address {server} stays outside" in config
    client.up(config)
    traveller.wait_until_through(WORLD_V4)
    assert traveller.way_to(server) == OUTSIDE
    client.down()
    looping = config.replace("AllowedIPs = ", f"AllowedIPs = {server}/32, ")
    client.up(looping)
    assert not traveller.ping(WORLD_V4)
    client.down()
