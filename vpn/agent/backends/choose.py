"""Which way to an interface."""

from typing import Final

from vpn.agent.backends.base import Backend
from vpn.agent.backends.uapi import UapiBackend, socket_answers
from vpn.agent.backends.wgtool import WgToolBackend

BACKENDS: Final = ("auto", "uapi", "wg")


def choose_backend(interface: str, wanted: str = "auto") -> Backend:
    """Return the socket back end where somebody answers on it, else the `wg` tool, unless one of them is ordered."""
    if wanted == "uapi" or (wanted == "auto" and socket_answers(interface)):
        return UapiBackend(interface)
    return WgToolBackend(interface)
