"""What leaves a customer's machine, as whoever holds its cable sees it."""

from __future__ import annotations

import ipaddress
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_ETH_ALL, _IPV4, _IPV6 = 0x0003, 0x0800, 0x86DD
_UDP, _ICMPV6 = 17, 58
# Router and neighbour solicitations and advertisements, and multicast listener reports: the upkeep of the link.
_LINK_UPKEEP = {133, 134, 135, 136, 143}


@dataclass(frozen=True)
class Packet:
    """An IP packet in the clear: its protocol's number, where it goes, and its UDP or TCP port or ICMP type."""

    protocol: int
    destination: str
    detail: int

    @property
    def is_link_upkeep(self) -> bool:
        return self.protocol == _ICMPV6 and self.detail in _LINK_UPKEEP


class Heard(list[Packet]):
    """Packets that left the machine, link upkeep left out."""

    def to(self, destination: str) -> list[Packet]:
        return [packet for packet in self if packet.destination == str(ipaddress.ip_address(destination))]

    def beside_the_tunnel(self, endpoint: str, port: int) -> list[Packet]:
        """Everything that is not the tunnel's own."""
        own = (_UDP, str(ipaddress.ip_address(endpoint)), port)
        return [packet for packet in self if (packet.protocol, packet.destination, packet.detail) != own]


@contextmanager
def listen(outside: str) -> Iterator[Heard]:
    """Hear what comes out of the cable's other end `outside`, an interface of this machine."""
    heard = Heard()
    ended = threading.Event()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_ALL)) as wire:
        wire.bind((outside, _ETH_ALL))
        wire.settimeout(0.05)

        def hear() -> None:
            while not ended.is_set():
                try:
                    frame, address = wire.recvfrom(65535)
                except TimeoutError:
                    continue
                packet = _parse(frame)
                # What this machine sends into the cable is heard as well.
                if address[2] != socket.PACKET_OUTGOING and packet is not None and not packet.is_link_upkeep:
                    heard.append(packet)

        listener = threading.Thread(target=hear, daemon=True)
        listener.start()
        try:
            yield heard
        finally:
            time.sleep(0.15)
            ended.set()
            listener.join()


def _parse(frame: bytes) -> Packet | None:
    """None for what is not IP: ARP."""
    kind, body = struct.unpack_from("!H", frame, 12)[0], frame[14:]
    if kind == _IPV4:
        protocol, destination, payload = (
            body[9],
            socket.inet_ntop(socket.AF_INET, body[16:20]),
            body[(body[0] & 15) * 4 :],
        )
    elif kind == _IPV6:
        protocol, destination, payload = body[6], socket.inet_ntop(socket.AF_INET6, body[24:40]), body[40:]
        if protocol == 0:  # a hop-by-hop header, which listener reports have
            protocol, payload = payload[0], payload[(payload[1] + 1) * 8 :]
    else:
        return None
    has_ports = protocol in (6, _UDP) and len(payload) >= 4
    detail = struct.unpack_from("!H", payload, 2)[0] if has_ports else payload[0] if payload else 0
    return Packet(protocol, destination, detail)
