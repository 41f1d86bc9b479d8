"""Noticing that this machine has its way into the world back, so that nobody waits out a back-off for nothing."""

import fcntl
import socket
import struct
from pathlib import Path
from typing import Final

_IPV4: Final = Path("/proc/thread-self/net/route")
_IPV6: Final = Path("/proc/thread-self/net/ipv6_route")
_IPV4_DEFAULT: Final = "00000000"
_IPV6_DEFAULT: Final = "0" * 32
_UP: Final = 0x1
_REJECT: Final = 0x200
_GET_FLAGS: Final = 0x8913
_RUNNING: Final = 0x40

Ways = frozenset[tuple[str, str]]


def default_ways() -> Ways:
    """Return the default routes whose interface can carry something: its name and the gateway, of both families.

    Costs two reads of /proc and a system call for each. What cannot be read is no way.
    """
    ways = {*_ipv4_ways(), *_ipv6_ways()}
    return frozenset(way for way in ways if _carries(way[0]))


class Uplink:
    """Compares a look with the one before; used by one thread."""

    def __init__(self) -> None:
        self._former = default_ways()

    def came_back(self) -> bool:
        """Tell whether there is a way now that was not there at the look before."""
        former, self._former = self._former, default_ways()
        return bool(self._former - former)


def _rows(path: Path) -> list[list[str]]:
    try:
        return [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    except OSError:
        return []


def _ipv4_ways() -> set[tuple[str, str]]:
    # Iface Destination Gateway Flags RefCnt Use Metric Mask ...
    rows = [row for row in _rows(_IPV4)[1:] if len(row) > 7 and row[1] == row[7] == _IPV4_DEFAULT]
    return {(row[0], row[2]) for row in rows if int(row[3], 16) & _UP and not int(row[3], 16) & _REJECT}


def _ipv6_ways() -> set[tuple[str, str]]:
    # Destination its length, source its length, next hop, metric, reference count, use count, flags, interface.
    rows = [row for row in _rows(_IPV6) if len(row) > 9 and row[:2] == [_IPV6_DEFAULT, "00"]]
    return {(row[9], row[4]) for row in rows if int(row[8], 16) & _UP and not int(row[8], 16) & _REJECT}


def _carries(interface: str) -> bool:
    """Tell whether the interface is up and its link too, as netdevice(7) has it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            answer = fcntl.ioctl(any_socket, _GET_FLAGS, struct.pack("16sH22x", interface.encode(), 0))
        except OSError:
            return False
    return bool(struct.unpack_from("H", answer, 16)[0] & _RUNNING)
