"""The kill switch while tunnels break: with it not one packet leaves beside the tunnel, and without it they do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.stack import Stack
from tests.tunnel.cable import Heard, listen
from tests.tunnel.lab import WORLD_V4, WORLD_V6, Lab, run
from tests.tunnel.travellers import (
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

PORT = 51820
# Sends a UDP packet and tries a TCP connection to each address, as fast as the machine lets it.
_TALK = """
import socket, sys
for address in sys.argv[1:]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for kind, port in ((socket.SOCK_DGRAM, 53), (socket.SOCK_STREAM, 443)):
        with socket.socket(family, kind) as link:
            link.settimeout(0.2)
            try:
                link.connect((address, port))
                link.send(b"secret")
            except OSError:
                continue
"""


def everyone(lab: Lab) -> list[str]:
    """Hosts of the world, the server itself, and a neighbour on the local network."""
    neighbours = [f"{lab.network}.4", f"fd99:{lab.number:x}::4", lab.node_address]
    return [WORLD_V4, WORLD_V6, OTHER_V4, OTHER_V6, PRIVATE_V4, PRIVATE_V6, QUAD9_V4, QUAD9_V6, *neighbours]


def talk(machine: str, targets: list[str]) -> None:
    """ICMP, UDP and TCP to every target; whether anything arrives does not matter here."""
    for target in targets:
        family = "-6" if ":" in target else "-4"
        command = ["ip", "netns", "exec", machine, "ping", family, "-n", "-c1", "-W", "0.2", target]
        subprocess.run(command, capture_output=True, check=False)
    run("ip", "netns", "exec", machine, sys.executable, "-c", _TALK, *targets, check=False)


def leaks_of(traveller: Traveller) -> Heard:
    """What leaves the machine in the clear when programs on it talk to everyone."""
    lab = traveller.lab
    with listen(traveller.cable) as heard:
        talk(lab.client, everyone(lab))
    return Heard(heard.beside_the_tunnel(lab.node_address, PORT))


def test_while_the_tunnel_is_up_and_after_it_broke_nothing_leaves_beside_it(
    traveller: Traveller, client: WgQuickClient
) -> None:
    client.up(traveller.config(kill_switch="on")[0])
    traveller.wait_until_through(WORLD_V4)
    assert leaks_of(traveller) == []
    client.break_down()
    assert leaks_of(traveller) == []
    assert traveller.way_to(WORLD_V4) == traveller.way_to(WORLD_V6) == BLOCKED


def test_without_it_a_broken_tunnel_lets_everything_out(traveller: Traveller, client: WgQuickClient) -> None:
    """What the test above would see if the kill switch did nothing."""
    client.up(traveller.config()[0])
    traveller.wait_until_through(WORLD_V4)
    client.break_down()
    heard = leaks_of(traveller)
    for target in everyone(traveller.lab):
        # Ping, UDP and TCP: at least one packet each.
        assert len({packet.protocol for packet in heard.to(target)}) == 3, target


def test_with_ipv6_outside_of_the_tunnel_it_is_blocked_up_and_broken(
    traveller: Traveller, client: WgQuickClient
) -> None:
    client.up(traveller.config(kill_switch="on", ipv6="off")[0])
    traveller.wait_until_through(WORLD_V4)
    assert leaks_of(traveller) == []
    client.break_down()
    assert leaks_of(traveller) == []


@pytest.mark.parametrize(
    ("split", "outside"),
    [
        ("exclude:private", {PRIVATE_V4, PRIVATE_V6}),
        ("include:203.0.113.0/24,2001:db8:7::/48", {OTHER_V4, OTHER_V6, PRIVATE_V4, PRIVATE_V6}),
        ("exclude:9.9.9.0/24,2620:fe::/48", set()),
    ],
)
def test_a_split_decides_what_may_leave_up_and_broken(
    traveller: Traveller, client: WgQuickClient, split: str, outside: set[str]
) -> None:
    """The DNS servers are 9.9.9.9 and 2620:fe::fe: they never leave in the clear, whatever the split says."""
    targets = [WORLD_V4, WORLD_V6, OTHER_V4, OTHER_V6, PRIVATE_V4, PRIVATE_V6, QUAD9_V4, QUAD9_V6]
    client.up(traveller.config(kill_switch="on", split=split)[0])
    traveller.wait_until_through(WORLD_V4)
    assert {each: traveller.way_to(each) for each in targets} == {
        each: OUTSIDE if each in outside else TUNNEL for each in targets
    }
    client.break_down()
    assert {each: traveller.way_to(each) for each in targets} == {
        each: OUTSIDE if each in outside else BLOCKED for each in targets
    }


def test_a_broken_tunnel_is_brought_up_again_and_taken_down_and_all_is_as_before(
    traveller: Traveller, client: WgQuickClient
) -> None:
    before = client.state()
    client.up(traveller.config(kill_switch="on")[0])
    client.break_down()
    # wg-quick has nothing to take down, and says so; the protection stays.
    assert client.try_to("down") != 0
    assert traveller.way_to(WORLD_V4) == BLOCKED
    client.call("up")
    traveller.wait_until_through(WORLD_V4)
    client.down()
    assert client.state() == before
    assert traveller.way_to(WORLD_V4) == OUTSIDE


def test_the_command_in_the_file_lifts_it_and_the_tunnel_can_still_be_taken_down(
    traveller: Traveller, client: WgQuickClient
) -> None:
    before = client.state()
    config, _ = traveller.config(kill_switch="on")
    (command,) = [line.split("with: ")[1] for line in config.splitlines() if "lift it with: " in line]
    client.up(config)
    traveller.lab.in_("client", *command.split())
    client.down()
    assert client.state() == before


def test_an_ipv6_server_stays_reachable_when_neighbours_are_forgotten(
    traveller: Traveller, client: WgQuickClient, stack: Stack
) -> None:
    """Neighbour discovery is IPv6 that leaves beside the tunnel; without it the tunnel would end within a minute."""
    lab = traveller.lab
    server = f"fd99:{lab.number:x}::2"
    with endpoint(stack, server, lab.node_address):
        client.up(traveller.config(kill_switch="on")[0])
    traveller.wait_until_through(WORLD_V4)
    lab.in_("client", "ip", "-6", "neigh", "flush", "dev", "eth0")
    assert traveller.ping(WORLD_V4, 3)
    with listen(traveller.cable) as heard:
        talk(lab.client, everyone(lab))
    assert heard.beside_the_tunnel(server, PORT) == []


def test_a_server_with_a_host_name_is_found_again_after_a_break(
    traveller: Traveller, client: WgQuickClient, stack: Stack
) -> None:
    """The name is looked up over the network, which the kill switch of the broken tunnel blocks until `up` lifts it."""
    lab = traveller.lab
    with endpoint(stack, "node.vpn.example", lab.node_address), name_server(lab, "node.vpn.example", lab.node_address):
        client.up(traveller.config(kill_switch="on")[0])
        traveller.wait_until_through(WORLD_V4)
        client.break_down()
        assert leaks_of(traveller) == []
        client.call("up")
        traveller.wait_until_through(WORLD_V4)
        client.down()


@pytest.fixture
def container(traveller: Traveller) -> Iterator[str]:
    """A machine behind the customer's, which forwards for it as for a container or a virtual machine."""
    lab = traveller.lab
    name = f"nxbox{lab.tag}"
    run("ip", "netns", "add", name)
    run("ip", "link", "add", "box0", "netns", lab.client, "type", "veth", "peer", "name", "eth0", "netns", name)
    for machine, last in ((lab.client, 1), (name, 2)):
        link = "box0" if machine == lab.client else "eth0"
        inside = ("ip", "netns", "exec", machine)
        run(*inside, "sysctl", "-qw", f"net.ipv6.conf.{link}.accept_dad=0")
        run(*inside, "ip", "addr", "add", f"172.30.0.{last}/24", "dev", link)
        run(*inside, "ip", "-6", "addr", "add", f"fd30::{last}/64", "dev", link, "nodad")
        run(*inside, "ip", "link", "set", link, "up")
    run("ip", "netns", "exec", name, "ip", "route", "add", "default", "via", "172.30.0.1")
    run("ip", "netns", "exec", name, "ip", "-6", "route", "add", "default", "via", "fd30::1")
    for forwarding in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
        lab.in_("client", "sysctl", "-qw", f"{forwarding}=1")
    masquerade = "add table inet box; add chain inet box out { type nat hook postrouting priority 100; };"
    lab.in_("client", "nft", f"{masquerade} add rule inet box out iifname box0 masquerade")
    yield name
    for forwarding in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
        lab.in_("client", "sysctl", "-qw", f"{forwarding}=0")
    lab.in_("client", "nft", "delete table inet box", check=False)
    lab.in_("client", "ip", "link", "del", "box0", check=False)
    run("ip", "netns", "del", name, check=False)


@pytest.mark.parametrize("kill_switch", ["on", "off"])
def test_what_the_machine_forwards_is_held_back_too(
    traveller: Traveller, client: WgQuickClient, container: str, kill_switch: str
) -> None:
    """Off is the proof that there would be something to hear."""
    client.up(traveller.config(kill_switch=kill_switch)[0])
    traveller.wait_until_through(WORLD_V4)
    world = [WORLD_V4, WORLD_V6, OTHER_V4, OTHER_V6]
    for target in world:
        family = "-6" if ":" in target else "-4"
        run("ip", "netns", "exec", container, "ping", family, "-n", "-c1", "-W", "2", target)
    client.break_down()
    with listen(traveller.cable) as heard:
        talk(container, world)
    assert {packet.destination for packet in heard} == (set() if kill_switch == "on" else set(world))


def test_neighbours_still_reach_what_is_behind_the_machine(
    traveller: Traveller, client: WgQuickClient, container: str
) -> None:
    """A published port of a container, say: private networks are forwarded to, in both directions."""
    lab = traveller.lab
    for family, network, gateway in (
        ("-4", "172.30.0.0/24", f"{lab.network}.3"),
        ("-6", "fd30::/64", f"fd99:{lab.number:x}::3"),
    ):
        lab.in_("world", "ip", family, "route", "replace", network, "via", gateway)
    client.up(traveller.config(kill_switch="on")[0])
    for target in ("172.30.0.2", "fd30::2"):
        lab.in_("world", "ping", "-n", "-c1", "-W", "2", "-I", f"{lab.network}.4" if "." in target else "eth0", target)


@contextmanager
def endpoint(stack: Stack, host: str, usual: str) -> Iterator[None]:
    """The server under another name, as staff would enter it."""
    statement = "UPDATE vpn_server SET public_endpoint = %s WHERE name = 'demo-1'"
    stack.sql(statement, host)
    try:
        yield
    finally:
        stack.sql(statement, usual)


_NAME_SERVER = """
import socket, sys
address = socket.inet_aton(sys.argv[1])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("0.0.0.0", 53))
    print("ready", flush=True)
    while True:
        question, client = server.recvfrom(512)
        end = question.index(0, 12) + 5
        is_a = question[end - 4 : end - 2] == bytes([0, 1])
        answer = bytes.fromhex("c00c00010001000000050004") + address if is_a else b""
        header = question[:2] + bytes.fromhex("81800001") + bytes([0, int(is_a)]) + bytes(4)
        server.sendto(header + question[12:end] + answer, client)
"""


@contextmanager
def name_server(lab: Lab, name: str, address: str) -> Iterator[None]:
    """One that the client asks over its own network, as before any tunnel; it knows one address, for every name."""
    settings = Path(f"/etc/netns/{lab.client}")
    settings.mkdir(parents=True)
    (settings / "resolv.conf").write_text(f"nameserver {lab.network}.4\noptions timeout:1 attempts:1\n")
    command = ["ip", "netns", "exec", lab.world, sys.executable, "-c", _NAME_SERVER, address]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            assert address in lab.in_("client", "getent", "ahostsv4", name)
            yield
        finally:
            process.kill()
            (settings / "resolv.conf").unlink()
            settings.rmdir()
