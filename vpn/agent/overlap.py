"""Which of some networks share an address with another one."""

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable

# IP version, address as a number: the two families never meet.
_Point = tuple[int, int]


class AddressRanges:
    """The addresses of any number of networks; asking takes logarithmic time."""

    def __init__(self, cidrs: Iterable[str]) -> None:
        self._firsts: list[_Point] = []
        self._lasts: list[_Point] = []
        for first, last in sorted(map(_range_of, cidrs)):
            if self._lasts and first <= self._lasts[-1]:
                self._lasts[-1] = max(self._lasts[-1], last)
            else:
                self._firsts.append(first)
                self._lasts.append(last)

    def overlaps(self, cidr: str) -> bool:
        """Tell whether any of the networks shares an address with this one."""
        first, last = _range_of(cidr)
        place = bisect_right(self._firsts, last)
        return place > 0 and self._lasts[place - 1] >= first


def _range_of(cidr: str) -> tuple[_Point, _Point]:
    network = ipaddress.ip_network(cidr, strict=False)
    first = int(network.network_address)
    return (network.version, first), (network.version, first + network.num_addresses - 1)
