"""The nftables table of an interface, and what it lets through."""

import socket
import struct
from collections.abc import Iterator

import pytest

from tests.agent.namespaces import Customer, Namespace, unique_name, wait_until
from tests.agent.nodes import Connect, MakeNode, snapshot
from vpn.agent.desired import InterfaceSettings, parse_peer
from vpn.agent.firewall import render_firewall, table_name
from vpn.agent.identity import public_key_of
from vpn.agent.main import main
from vpn.agent.node import Node
from vpn.agent.tools import run_tool

SETTINGS = InterfaceSettings(("10.64.0.1/16", "fd00:64::1/64"), 51820, 1420)
NODE_V4, NODE_V6 = "10.99.0.1", "fd00:99::1"
PUBLIC_V4, PUBLIC_V6 = "198.51.100.1", "2001:db8:51::1"  # the node's own addresses towards the world
WORLD_V4, WORLD_V6 = "203.0.113.7", "2001:db8:7::7"
HIDDEN = ["169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"]
# What stands behind a node and is no business of its customers.
PRIVATE = ["10.1.2.3", "100.64.1.1", "172.31.0.9", "192.168.1.1", "198.18.0.1", "fd12:3456::1"]
PORT = 8080


def test_the_table_is_replaced_in_one_transaction_and_no_other_is_named() -> None:
    lines = render_firewall("wg9", SETTINGS).splitlines()
    assert lines[:3] == ["table inet nexusvpn_wg9", "delete table inet nexusvpn_wg9", "table inet nexusvpn_wg9 {"]
    assert not any("flush" in line for line in lines)


def test_both_families_are_masqueraded_and_clamped_and_customers_kept_apart(space: Namespace) -> None:
    space.run("nft", "-f", "-", stdin=render_firewall("wg-nexus_9", SETTINGS))
    space.run("nft", "-f", "-", stdin=render_firewall("wg-nexus_9", SETTINGS))
    shown = space.run("nft", "list", "ruleset")
    assert shown.count("table inet") == 1
    assert 'ip saddr 10.64.0.0/16 oifname != "wg-nexus_9" masquerade' in shown
    assert 'ip6 saddr fd00:64::/64 oifname != "wg-nexus_9" masquerade' in shown
    assert shown.count("tcp option maxseg size set rt mtu") == 2
    assert 'iifname "wg-nexus_9" oifname "wg-nexus_9" drop' in shown


@pytest.mark.parametrize("change", ["flush chain inet {} input", "delete table inet {}", "flush ruleset"])
def test_a_table_that_somebody_changed_is_put_back(make_node: MakeNode, space: Namespace, change: str) -> None:
    node = make_node()
    before = space.run("nft", "list", "ruleset")
    space.run("nft", change.format(table_name(node.identity.interface)))
    assert space.run("nft", "list", "ruleset") != before
    node.tick()
    assert space.run("nft", "list", "ruleset") == before


def test_a_table_that_is_as_it_should_be_is_left_alone(make_node: MakeNode, space: Namespace) -> None:
    make_node()
    # A table that is written anew gets another handle.
    before = space.run("nft", "-a", "list", "ruleset")
    node = make_node()
    node.tick()
    assert space.run("nft", "-a", "list", "ruleset") == before
    node.apply_snapshot(snapshot({}, extra_ports=(53, 443)))
    changed = space.run("nft", "-a", "list", "ruleset")
    assert changed != before
    node.tick()
    assert space.run("nft", "-a", "list", "ruleset") == changed


@pytest.fixture
def world(space: Namespace) -> Iterator[Namespace]:
    """A machine behind the node, which has the world's addresses and those where clouds keep their secrets."""
    made = Namespace()
    near, far = unique_name("v"), unique_name("v")
    space.run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", made.name)
    for machine, cable, last in ((space, near, 1), (made, far, 2)):
        machine.run("ip", "address", "add", f"192.0.2.{200 + last}/30", "dev", cable)
        machine.run("ip", "address", "add", f"2001:db8:2::{last}/64", "dev", cable, "nodad")
        machine.run("ip", "link", "set", cable, "up")
    for address in (WORLD_V4, WORLD_V6, *HIDDEN, *PRIVATE):
        made.run("ip", "address", "add", address, "dev", "lo")
        space.run("ip", "route", "add", address, "via", "2001:db8:2::2" if ":" in address else "192.0.2.202")
    for address in (PUBLIC_V4, PUBLIC_V6):
        space.run("ip", "address", "add", address, "dev", "lo")
    wait_until(lambda: pings(space, WORLD_V6), why="IPv6 on a new cable")
    yield made
    made.close()


@pytest.fixture
def node(make_node: MakeNode, world: Namespace) -> Node:
    """A node that serves the world."""
    node = make_node()
    node.tick()
    return node


@pytest.fixture
def alice(node: Node, connect: Connect) -> Customer:
    """A customer who sends everything through the tunnel."""
    alice = connect(1)
    node.apply_snapshot(snapshot({alice.keys.public_key: parse_peer(alice.peer)}))
    networks = [
        NODE_V4,
        NODE_V6,
        PUBLIC_V4,
        PUBLIC_V6,
        WORLD_V4,
        WORLD_V6,
        "127.0.0.0/8",
        "fe80::99",
        *HIDDEN,
        *PRIVATE,
    ]
    alice.connect(public_key_of((node.state_dir / "private.key").read_text()), 51820, networks)
    assert alice.ping()
    return alice


def without_table(node: Node) -> None:
    """Take the table away: what is reached now was kept away by nothing else."""
    name = table_name(node.identity.interface)
    # Replies still have to find their way back, which the masquerade saw to.
    text = f"table inet {name} {{ chain p {{ type nat hook postrouting priority srcnat; masquerade; }}; }}\n"
    run_tool(["nft", "-f", "-"], f"delete table inet {name}\n{text}")


def pings(space: Namespace, address: str) -> bool:
    """Tell whether one ping comes back."""
    return "1 received" in space.run("ping", "-n", "-c", "1", "-W", "0.5", address, check=False)


def connects(space: Namespace, address: str, port: int = PORT) -> bool:
    """Tell whether a TCP connection is accepted."""
    with space.inside():
        try:
            socket.create_connection((address, port), timeout=0.5).close()
        except OSError:
            return False
    return True


def test_customers_reach_the_world_but_neither_the_nodes_link_nor_a_clouds_secrets(node: Node, alice: Customer) -> None:
    assert pings(alice.space, WORLD_V4)
    assert pings(alice.space, WORLD_V6)
    assert [address for address in HIDDEN if pings(alice.space, address)] == []
    without_table(node)
    assert [address for address in HIDDEN if pings(alice.space, address)] == HIDDEN


def test_customers_do_not_reach_the_networks_behind_the_node(node: Node, alice: Customer) -> None:
    assert [address for address in PRIVATE if pings(alice.space, address)] == []
    assert pings(alice.space, NODE_V4)
    without_table(node)
    assert [address for address in PRIVATE if pings(alice.space, address)] == PRIVATE


def test_a_network_that_the_node_allows_is_reached_and_no_other(node: Node, alice: Customer) -> None:
    node.allowed_networks = ("192.168.1.0/24", "fd12:3456::/32", "169.254.0.0/16")
    node.tick()
    assert [address for address in PRIVATE if pings(alice.space, address)] == ["192.168.1.1", "fd12:3456::1"]
    assert [address for address in HIDDEN if pings(alice.space, address)] == []


def test_an_allowed_network_must_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["run", "--allow-network", "192.168.1.1/24"])
    assert refused.value.code == 2
    assert "192.168.1.1/24" in capsys.readouterr().err


def test_the_node_answers_its_customers_pings_and_nothing_else(node: Node, alice: Customer, space: Namespace) -> None:
    mine = [NODE_V4, NODE_V6, PUBLIC_V4, PUBLIC_V6]
    with space.inside(), socket.create_server(("::", PORT), family=socket.AF_INET6, dualstack_ipv6=True):
        assert all(pings(alice.space, address) for address in mine)
        assert [address for address in mine if connects(alice.space, address)] == []
        assert connects(space, NODE_V4), "the node itself is not kept away"
        without_table(node)
        assert [address for address in mine if connects(alice.space, address)] == mine


def test_what_the_node_itself_began_is_answered(node: Node, alice: Customer, space: Namespace) -> None:
    with alice.space.inside(), socket.create_server(("0.0.0.0", PORT)):
        assert connects(space, "10.99.7.1")


def test_the_nodes_link_local_address_does_not_answer_through_the_tunnel(
    node: Node, alice: Customer, space: Namespace
) -> None:
    space.run("ip", "address", "add", "fe80::99/64", "dev", node.identity.interface, "nodad")
    # Without a link-local address of her own she asks from the one that the node admits.
    alice.space.run("ip", "-6", "address", "flush", "dev", alice.interface, "scope", "link")
    assert not pings(alice.space, f"fe80::99%{alice.interface}")
    without_table(node)
    assert pings(alice.space, f"fe80::99%{alice.interface}")


def test_the_nodes_loopback_is_out_of_reach_even_where_the_kernel_would_route_it(
    node: Node, alice: Customer, space: Namespace
) -> None:
    space.run("sysctl", "-qw", f"net.ipv4.conf.{node.identity.interface}.route_localnet=1")
    packet = udp_packet("10.99.7.1", "127.0.0.2", PORT, b"knock")
    with space.inside():
        service = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with alice.space.inside():
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    with service, wire:
        service.bind(("127.0.0.2", PORT))
        service.settimeout(0.5)
        wire.sendto(packet, (alice.interface, 0x0800))
        with pytest.raises(TimeoutError):
            service.recv(100)
        without_table(node)
        wire.sendto(packet, (alice.interface, 0x0800))
        assert service.recv(100) == b"knock"


def udp_packet(source: str, destination: str, port: int, payload: bytes) -> bytes:
    """Return an IPv4 packet such as a customer can make by hand; its UDP checksum is left out, as IPv4 allows."""
    length = 28 + len(payload)
    head = struct.pack(">BBHHHBBH", 0x45, 0, length, 1, 0, 64, socket.IPPROTO_UDP, 0)
    head += socket.inet_aton(source) + socket.inet_aton(destination)
    total = sum(struct.unpack(">10H", head))
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    head = head[:10] + struct.pack(">H", checksum) + head[12:]
    return head + struct.pack(">HHHH", 4000, port, length - 20, 0) + payload
