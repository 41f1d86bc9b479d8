"""What a split tunnel sends where, and what it must not leave out by accident."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vpn.wireguard.test_networks import networks, plain
from vpn.wireguard.networks import EVERYTHING, Address, Network, Networks, holds
from vpn.wireguard.split import (
    PRIVATE,
    NothingTunnelled,
    Routes,
    Split,
    SplitMode,
    TooManyRoutes,
    plan_routes,
)

SERVER = "203.0.113.10"
QUAD9 = ipaddress.ip_address("9.9.9.9")


def split(mode: str, *texts: str) -> Split:
    return Split(SplitMode(mode), tuple(ipaddress.ip_network(text) for text in texts))


def plan(
    chosen: Split, *, dns: tuple[Address, ...] = (QUAD9,), endpoint_host: str = SERVER, ipv6: bool = True
) -> Routes:
    return plan_routes(chosen, dns=dns, endpoint_host=endpoint_host, ipv6=ipv6)


def texts(routes: Routes) -> list[str]:
    return [str(network) for network in routes.allowed]


def test_without_a_split_everything_goes_through() -> None:
    routes = plan(Split())
    assert (routes, routes.has_default_route) == (Routes(EVERYTHING), True)


def test_without_ipv6_all_of_ipv4_goes_through() -> None:
    assert texts(plan(Split(), ipv6=False)) == ["0.0.0.0/0"]


def test_a_dns_server_that_the_split_leaves_out_goes_through_all_the_same() -> None:
    included = plan(split("include", "10.0.0.0/8", "fd00::/8"))
    assert (texts(included), included.rescued_dns) == (["9.9.9.9/32", "10.0.0.0/8", "fd00::/8"], (QUAD9,))
    pihole = ipaddress.ip_address("192.168.1.53")
    excluded = plan(split("exclude", "192.168.0.0/16"), dns=(pihole, QUAD9))
    assert excluded.rescued_dns == (pihole,)
    assert holds(excluded.allowed, pihole)
    assert not holds(excluded.allowed, ipaddress.ip_address("192.168.1.54"))


def test_a_dns_server_that_goes_through_anyway_is_not_mentioned() -> None:
    assert plan(split("exclude", "192.168.0.0/16")).rescued_dns == ()


def test_the_server_itself_stays_outside_where_wg_quick_would_send_the_tunnel_into_itself() -> None:
    routes = plan(split("exclude", "192.168.0.0/16"))
    assert routes.left_out == ipaddress.ip_address(SERVER)
    assert not holds(routes.allowed, ipaddress.ip_address(SERVER))
    assert holds(routes.allowed, ipaddress.ip_address("203.0.113.11"))


@pytest.mark.parametrize(
    "chosen",
    [Split(), split("exclude", "fd00::/8"), split("include", "10.0.0.0/8"), split("exclude", "203.0.113.0/24")],
)
def test_it_needs_no_exception_where_it_is_outside_or_there_is_a_default_route(chosen: Split) -> None:
    assert plan(chosen).left_out is None


def test_an_ipv6_server_counts_in_its_own_family() -> None:
    routes = plan(split("exclude", "fd00::/8"), endpoint_host="[2001:db8::1]")
    assert routes.left_out == ipaddress.ip_address("2001:db8::1")
    assert ipaddress.ip_network("0.0.0.0/0") in routes.allowed


@pytest.mark.parametrize(
    ("chosen", "may_loop"),
    [
        (Split(), False),
        (split("exclude", "192.168.0.0/16"), True),
        (split("exclude", "fd00::/8"), True),
        (split("include", "10.0.0.0/8", "fd00::/8"), False),
        (split("include", "203.0.113.0/24"), False),
        (split("include", "8.0.0.0/8"), True),
    ],
)
def test_a_server_with_a_host_name_may_be_in_public_networks_only(chosen: Split, may_loop: bool) -> None:
    """203.0.113.0/24 is for documentation (RFC 5737): nobody's server is there."""
    assert plan(chosen, endpoint_host="ams.vpn.example").may_loop is may_loop


@pytest.mark.parametrize(
    ("chosen", "ipv6"),
    [
        (split("exclude", "0.0.0.0/0", "::/0"), True),
        (split("exclude", "0.0.0.0/0"), False),
        (split("include", "fd00::/8"), False),
        (split("include"), True),
    ],
)
def test_a_split_that_leaves_nothing_is_refused(chosen: Split, ipv6: bool) -> None:
    with pytest.raises(NothingTunnelled):
        plan(chosen, ipv6=ipv6)


def test_more_routes_than_a_client_can_take_are_refused() -> None:
    far_apart: Networks = tuple(ipaddress.IPv6Network((number * 2**122 + 1, 128)) for number in range(64))
    with pytest.raises(TooManyRoutes):
        plan(Split(SplitMode.EXCLUDE, far_apart))
    plan(Split(SplitMode.EXCLUDE, far_apart[:30]))


def test_the_private_networks_are_those_of_the_standards() -> None:
    inside = ["10.1.2.3", "172.31.255.255", "192.168.0.1", "169.254.9.9", "fd12::1", "fe80::1"]
    outside = ["11.0.0.0", "172.32.0.0", "192.169.0.0", "169.255.0.0", "fec0::1", "2001:db8::1", "100.64.0.1"]
    assert all(holds(PRIVATE, ipaddress.ip_address(address)) for address in inside)
    assert not any(holds(PRIVATE, ipaddress.ip_address(address)) for address in outside)


@given(
    mode=st.sampled_from(["include", "exclude"]),
    named=st.lists(networks(), min_size=1, max_size=8),
    dns=st.lists(st.ip_addresses(v=4), max_size=2),
    server=st.ip_addresses(),
    ipv6=st.booleans(),
    anywhere=st.lists(st.ip_addresses(), max_size=4),
)
def test_every_address_goes_where_the_person_said(
    mode: str, named: list[Network], dns: list[Address], server: Address, ipv6: bool, anywhere: list[Address]
) -> None:
    chosen, server = Split(SplitMode(mode), tuple(named)), plain(server)
    try:
        routes = plan_routes(chosen, dns=tuple(dns), endpoint_host=str(server), ipv6=ipv6)
    except NothingTunnelled:
        return
    for address in [plain(each) for each in anywhere] + [network[0] for network in named] + dns:
        said = holds(named, address) == (mode == "include") and (ipv6 or address.version == 4)
        goes = (said or address in dns) and address != routes.left_out
        assert holds(routes.allowed, address) == goes
