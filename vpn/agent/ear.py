"""Hearing that somebody begins a WireGuard handshake with this machine, without asking the interface all the time."""

import ctypes
import select
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

# A handshake begins with a message of type 1 and three zero bytes (https://www.wireguard.com/protocol/).
_INITIATION: Final = 0x01000000
_SO_ATTACH_FILTER: Final = 26
# Classic BPF (linux/filter.h): of what is kept, one byte; of everything else nothing.
_KEEP: Final = (0x06, 0, 0, 1)
_DROP: Final = (0x06, 0, 0, 0)
_IS_INITIATION: Final = (0x15, 0, 1, _INITIATION)
# A raw IPv4 socket shows the IP header, whose length has to be skipped; an IPv6 one begins at the UDP header.
_FILTER_V4: Final = ((0xB1, 0, 0, 0), (0x40, 0, 0, 8), _IS_INITIATION, _KEEP, _DROP)
_FILTER_V6: Final = ((0x20, 0, 0, 8), _IS_INITIATION, _KEEP, _DROP)


class HandshakeEar:
    """Raw sockets whose filter in the kernel passes one byte of each handshake's first message, whoever sent it.

    Where they cannot be opened (no right to, a kernel without IPv6) the ear is deaf for that family.
    """

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        for family, program in ((socket.AF_INET, _FILTER_V4), (socket.AF_INET6, _FILTER_V6)):
            with suppress(OSError):
                self._sockets.append(_listen(family, program))

    @property
    def is_deaf(self) -> bool:
        """Tell whether nothing at all can be heard."""
        return not self._sockets

    def wait(self, timeout_s: float) -> bool:
        """Wait for a handshake to begin; tells whether one did within the time."""
        heard, _, _ = select.select(self._sockets, [], [], max(0.0, timeout_s))
        for ear in heard:
            with suppress(BlockingIOError):
                while ear.recv(1) is not None:
                    pass
        return bool(heard)

    def close(self) -> None:
        """Hear no more."""
        for ear in self._sockets:
            ear.close()


def _listen(family: socket.AddressFamily, program: Sequence[tuple[int, int, int, int]]) -> socket.socket:
    ear = socket.socket(family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_UDP)
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    try:
        ear.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(code)))
    except OSError:
        ear.close()
        raise
    return ear
