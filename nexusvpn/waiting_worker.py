"""What runs `nexusvpn.asgi`: `gunicorn --worker-class nexusvpn.waiting_worker.WaitingWorker nexusvpn.asgi`."""

from __future__ import annotations

import socket
import sys
from types import FrameType
from typing import Any

from gunicorn.arbiter import Arbiter
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

# A node whose cable is pulled says nothing any more; the kernel asks it every second and gives it up after two. A lost packet can do
# that to a healthy node too: the kernel then resets the connection, and the node is back before its loss counts.
KEEPALIVE = {
    socket.TCP_KEEPIDLE: 1,
    socket.TCP_KEEPINTVL: 1,
    socket.TCP_KEEPCNT: 1,
    socket.TCP_USER_TIMEOUT: 2000,
}


class WaitingServer(Server):
    """Tells the application that the process ends before the first connection is closed."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        application: Any = self.config.app
        application.leave()
        super().handle_exit(sig, frame)


class WaitingWorker(UvicornWorker):
    """Notices within seconds that a node is gone, and leaves the client's address alone.

    uvicorn would take it from the headers of anybody on 127.0.0.1; whom to believe is TRUSTED_PROXIES' business.
    """

    CONFIG_KWARGS = {**UvicornWorker.CONFIG_KWARGS, "proxy_headers": False}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for listener in self.sockets:
            if listener.family in (socket.AF_INET, socket.AF_INET6):
                _notice_the_dead(listener)

    async def _serve(self) -> None:
        """As the base class does it, with a server of our own."""
        self.config.app = self.wsgi
        server = WaitingServer(config=self.config)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)


def _notice_the_dead(listener: Any) -> None:
    """On Linux an accepted connection inherits these options from the socket that listened (tcp(7))."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEPALIVE.items():
        listener.setsockopt(socket.IPPROTO_TCP, option, value)
