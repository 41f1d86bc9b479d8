"""The arithmetic of networks, against Python's own slower way and address by address."""

import ipaddress
import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.wireguard.networks import EVERYTHING, Address, Network, Networks, holds, host, merge, of_family, subtract


def plain(address: Address) -> Address:
    """Without an IPv6 zone, which a network cannot have."""
    return type(address)(int(address))


def networks() -> st.SearchStrategy[Network]:
    """Of any length; those near one another touch, overlap and hold each other often."""
    near = st.builds(
        lambda version, offset, length: ipaddress.ip_network(
            (int(ipaddress.ip_address("10.1.0.0" if version == 4 else "fd00::")) + offset, length), strict=False
        ),
        st.sampled_from([4, 6]),
        st.integers(0, 63),
        st.integers(26, 32),
    )
    far = st.builds(
        lambda address, cut: ipaddress.ip_network(
            (int(plain(address)), max(0, address.max_prefixlen - cut)), strict=False
        ),
        st.ip_addresses(),
        st.integers(0, 128),
    )
    return st.one_of(near, far)


def by_python(left: Iterable[Network], holes: Iterable[Network]) -> list[Network]:
    """`left` less `holes` with `address_exclude` and `collapse_addresses` alone."""
    rest = list(left)
    for hole in holes:
        kept: list[Network] = []
        for network in rest:
            if network.version != hole.version or not network.overlaps(hole):
                kept.append(network)
            elif not network.subnet_of(hole):  # type: ignore[arg-type]
                kept.extend(network.address_exclude(hole))  # type: ignore[arg-type]
        rest = kept
    return [
        each
        for version in (4, 6)
        for each in ipaddress.collapse_addresses(network for network in rest if network.version == version)  # type: ignore[type-var]
    ]


SETS = st.lists(networks(), max_size=12)


@given(SETS)
def test_merging_gives_what_python_collapses_to(some: list[Network]) -> None:
    assert list(merge(some)) == by_python(some, [])


@given(SETS, SETS)
def test_subtracting_gives_what_python_excludes_and_collapses_to(some: list[Network], holes: list[Network]) -> None:
    assert list(subtract(some, holes)) == by_python(some, holes)


def at_the_edges(of: list[Network]) -> list[Address]:
    """The first and the last address of each network and their neighbours outside."""
    found: list[Address] = []
    for network in of:
        for number in (int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1):
            if 0 <= number < 2**network.max_prefixlen:
                found.append(type(network[0])(number))
    return found


@given(SETS, SETS, st.lists(st.ip_addresses().map(plain), max_size=4))
def test_an_address_is_in_the_difference_exactly_when_it_should_be(
    some: list[Network], holes: list[Network], anywhere: list[Address]
) -> None:
    left = subtract(some, holes)
    for address in at_the_edges(some + holes) + anywhere:
        assert holds(left, address) == (holds(some, address) and not holds(holes, address))


@given(SETS, SETS)
def test_the_answer_is_the_shortest_there_is_in_a_fixed_order(some: list[Network], holes: list[Network]) -> None:
    left = subtract(some, holes)
    assert list(left) == sorted(left, key=lambda each: (each.version, each))
    for each in left:
        for other in left:
            if each is not other and each.version == other.version:
                assert not each.overlaps(other)
                # Two halves of one network would be that network.
                assert each.prefixlen == 0 or each.prefixlen != other.prefixlen or each.supernet() != other.supernet()


@given(SETS, SETS)
def test_what_is_taken_away_and_put_back_is_the_same_set(some: list[Network], holes: list[Network]) -> None:
    assert merge([*subtract(some, holes), *holes]) == merge([*some, *holes])


def parsed(*texts: str) -> Networks:
    return tuple(ipaddress.ip_network(text) for text in texts)


@pytest.mark.parametrize(
    ("some", "holes", "left"),
    [
        ((), ("::/0",), ()),
        (("10.0.0.0/8",), (), ("10.0.0.0/8",)),
        (("10.0.0.0/8",), ("0.0.0.0/0",), ()),
        (("0.0.0.0/1", "128.0.0.0/1"), (), ("0.0.0.0/0",)),
        (("::/1", "8000::/1"), (), ("::/0",)),
        (("10.0.0.0/30",), ("10.0.0.0/32",), ("10.0.0.1/32", "10.0.0.2/31")),
        (("255.255.255.254/31",), ("255.255.255.255/32",), ("255.255.255.254/32",)),
        (("0.0.0.0/0", "::/0"), ("0.0.0.0/0",), ("::/0",)),
        (("10.0.0.1/32", "10.0.0.3/32"), (), ("10.0.0.1/32", "10.0.0.3/32")),
    ],
)
def test_cases_that_are_easily_wrong(some: tuple[str, ...], holes: tuple[str, ...], left: tuple[str, ...]) -> None:
    assert subtract(parsed(*some), parsed(*holes)) == parsed(*left)


def test_everything_without_the_private_ranges_is_the_known_list() -> None:
    """The list of AllowedIPs that is found all over the documentation of WireGuard clients."""
    private = parsed("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    assert [str(each) for each in of_family(subtract(EVERYTHING, private), 4)][:6] == [
        "0.0.0.0/5",
        "8.0.0.0/7",
        "11.0.0.0/8",
        "12.0.0.0/6",
        "16.0.0.0/4",
        "32.0.0.0/3",
    ]


def test_the_worst_request_takes_a_fraction_of_a_second() -> None:
    """64 single IPv6 addresses far from one another leave the longest list that customers can ask for."""
    step = 2**128 // 64
    holes = [host(ipaddress.IPv6Address(number * step + 1)) for number in range(64)]
    # The best of three: a neighbour on the same core slows one of them down, not all.
    times = []
    for _ in range(3):
        started = time.process_time()
        assert len(subtract(EVERYTHING, holes)) > 4096
        times.append(time.process_time() - started)
    assert min(times) < 0.5
