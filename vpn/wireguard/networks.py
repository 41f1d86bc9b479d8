"""Exact arithmetic with sets of IP networks, both families side by side.

A set is a tuple of networks in the one shortest form there is: no two overlap, no two could be written as one, IPv4
before IPv6, each family ascending.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[Network, ...]

_BITS: Final = {4: 32, 6: 128}
EVERYTHING: Final[Networks] = (ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("::/0"))


def merge(networks: Iterable[Network]) -> Networks:
    """Return the set of every address that is in at least one of the networks."""
    return subtract(networks, ())


def subtract(networks: Iterable[Network], holes: Iterable[Network]) -> Networks:
    """Return the set of the addresses of `networks` that are in none of `holes`.

    Time grows with the length of the answer, which is at most 32 (IPv6: 128) networks for each one that goes in.
    """
    networks, holes = tuple(networks), tuple(holes)
    result: list[Network] = []
    for version in _BITS:
        for first, last in _cut(_intervals(networks, version), _intervals(holes, version)):
            result.extend(_as_networks(first, last, version))
    return tuple(result)


def host(address: Address) -> Network:
    """Return the network that holds this address alone."""
    return ipaddress.ip_network(address)


def holds(networks: Iterable[Network], address: Address) -> bool:
    """Tell whether the address is in one of the networks."""
    return any(address in network for network in networks)


def of_family(networks: Iterable[Network], version: int) -> Networks:
    """Return the networks of one family: 4 or 6."""
    return tuple(network for network in networks if network.version == version)


def _intervals(networks: Iterable[Network], version: int) -> list[tuple[int, int]]:
    """First and last address of each stretch without a gap, ascending."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted((int(each[0]), int(each[-1])) for each in networks if each.version == version):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _cut(stretches: list[tuple[int, int]], holes: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What is left of the stretches; both lists ascend."""
    ahead = 0
    for first, last in stretches:
        while ahead < len(holes) and holes[ahead][1] < first:
            ahead += 1
        position = ahead
        while position < len(holes) and holes[position][0] <= last:
            if first < holes[position][0]:
                yield first, holes[position][0] - 1
            first = holes[position][1] + 1
            position += 1
        if first <= last:
            yield first, last


def _as_networks(first: int, last: int, version: int) -> Iterator[Network]:
    """The fewest networks that cover the stretch: at each step the largest one that begins here and still fits."""
    bits = _BITS[version]
    kind = ipaddress.IPv4Network if version == 4 else ipaddress.IPv6Network
    while first <= last:
        aligned = (first & -first).bit_length() - 1 if first else bits
        size = min(aligned, (last - first + 1).bit_length() - 1)
        yield kind((first, bits - size))
        first += 1 << size
