"""The node's own addresses on the internet, one a family: what the world sees of its customers."""

import ipaddress
import socket
from typing import Final

# Anything that is reached by the default route. Connecting a UDP socket sends nothing; the kernel only chooses a way.
_FAR_AWAY: Final = ((socket.AF_INET, "9.9.9.9"), (socket.AF_INET6, "2620:fe::fe"))


def own_addresses() -> list[str]:
    """Return the addresses that packets to the internet leave with, as far as they are public.

    Behind a gateway the node does not know its address; the control plane sees that of the family that reports take.
    """
    found = []
    for family, address in _FAR_AWAY:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.connect((address, 53))
                own = sock.getsockname()[0]
        except OSError:  # no such family here, or no route
            continue
        if ipaddress.ip_address(own).is_global:
            found.append(own)
    return found
