"""One agent for one interface, whatever state directories there are."""

import socket

from vpn.agent.files import StateDirError


class InterfaceLock:
    """Holds an interface of this network namespace for one process; the kernel lets go of it when that ends, however it ends.

    Two agents with copies of one state directory would each count a new peer under a counter epoch of its own: twice.
    """

    def __init__(self, interface: str) -> None:
        self._interface = interface
        self._socket: socket.socket | None = None

    def __enter__(self) -> "InterfaceLock":
        # The abstract names of a network namespace are its own, as those of its interfaces are.
        held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            held.bind(f"\0nexusvpn-agent/{self._interface}")
        except OSError:
            held.close()
            raise StateDirError(f"another agent is serving {self._interface}") from None
        self._socket = held
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()
