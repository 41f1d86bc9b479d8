"""Keeping the speed test up: one server, on the present interface and address, or none."""

import ipaddress
import logging

from vpn.agent.identity import Identity
from vpn.agent.link import interface_index
from vpn.agent.logs import log_event
from vpn.agent.speed_test.server import SpeedTestServer, serve

# Address, port, interface and the kernel's number of it: a socket is bound to one creation of its interface.
Place = tuple[str, int, str, int]


class SpeedTest:
    """Used by the daemon's own thread alone."""

    def __init__(self) -> None:
        self._server: SpeedTestServer | None = None
        self._place: Place | None = None

    def keep(self, identity: Identity) -> None:
        """Serve where the node is now; costs a system call when nothing has changed. A failure is tried again when something has."""
        place = _place_of(identity)
        if place == self._place:
            return
        self.stop()
        self._place = place
        if place is None:
            return
        address, port, interface, _ = place
        try:
            self._server = serve(address, port, interface)
        except OSError as error:
            log_event("speed_test_failed", level=logging.WARNING, detail=type(error).__name__)

    def stop(self) -> None:
        """Serve no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._server, self._place = None, None


def _place_of(identity: Identity) -> Place | None:
    index = interface_index(identity.interface)
    port = identity.settings.speed_test_port
    ips = [ipaddress.ip_interface(address).ip for address in identity.settings.addresses]
    address = next((str(ip) for ip in ips if ip.version == 4), None)
    if not port or index is None or address is None:
        return None
    return address, port, identity.interface, index
