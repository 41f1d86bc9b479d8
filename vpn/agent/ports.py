"""Which UDP ports of this machine somebody else serves."""

from pathlib import Path
from typing import Final

# The thread's own view: /proc/net is that of the process's first thread.
_TABLES: Final = (Path("/proc/thread-self/net/udp"), Path("/proc/thread-self/net/udp6"))
_UNCONNECTED: Final = "07"
_LOOPBACK_V6: Final = "00000000000000000000000001000000"
_MAPPED_V4: Final = "0000000000000000FFFF0000"


def served_ports() -> set[int]:
    """Return the ports on which a local socket waits for UDP packets from outside.

    One bound to a loopback address, as that of a resolver for this machine alone, does not; nor does a connected one,
    which hears nobody but its counterpart.
    """
    ports = set()
    for table in _TABLES:
        if not table.exists():  # a kernel without IPv6
            continue
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, port = local.rpartition(":")
            if state == _UNCONNECTED and not _is_loopback(address):
                ports.add(int(port, 16))
    return ports


def _is_loopback(address: str) -> bool:
    """Tell whether an address is loopback: in hex, each four bytes of it in the order of this little-endian machine."""
    if len(address) > 8 and not address.startswith(_MAPPED_V4):
        return address == _LOOPBACK_V6
    return address.endswith("7F")
