"""The speed test of a node: a small HTTP server on its tunnel address, for whoever is connected through it and nobody else.

A browser on the site's https page may not fetch from a plain address inside a tunnel; so the node serves the page of the test too, and the
page measures against where it came from. Nothing of a client is logged or kept.
"""

import os
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pkgutil import get_data
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

MAX_BYTES: Final = 64 << 20
MAX_TRANSFERS: Final = 8
TIMEOUT_S: Final = 15.0
CHUNK_BYTES: Final = 1 << 16
# Linux: bind to an address that the interface does not have yet, or not at the moment (ip(7)).
IP_FREEBIND: Final = 15

_FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/speed.js": ("speed.js", "text/javascript; charset=utf-8"),
    "/speed.css": ("speed.css", "text/css; charset=utf-8"),
}
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class SpeedTestServer(ThreadingHTTPServer):
    """Serves until `shutdown`. With an interface, only what arrives through it is answered."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, address: str, port: int, interface: str | None = None) -> None:
        """Bind to the node's IPv4 address in the tunnel. Raises OSError."""
        self._interface = interface
        # Compressed on the way, a test would measure the compression.
        self.noise = os.urandom(CHUNK_BYTES)
        self.transfers = threading.BoundedSemaphore(MAX_TRANSFERS)
        super().__init__((address, port), _Handler)

    def server_bind(self) -> None:
        """Bind before the address is there, and to the tunnel's interface alone."""
        self.socket.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
        if self._interface is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._interface.encode())
        super().server_bind()

    def server_activate(self) -> None:
        """Listen."""
        self.socket.listen(32)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away in the middle is no event."""


class _Handler(BaseHTTPRequestHandler):
    server: SpeedTestServer
    protocol_version = "HTTP/1.1"
    server_version = "NexusVPN"
    sys_version = ""
    timeout = TIMEOUT_S

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        if path.path in _FILES:
            name, kind = _FILES[path.path]
            self._answer(HTTPStatus.OK, get_data(__package__, name) or b"", kind)
        elif path.path == "/ping":
            self._answer(HTTPStatus.NO_CONTENT)
        elif path.path == "/down":
            self._transfer(lambda: self._send_noise(_count(path.query)))
        else:
            self._answer(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        if self.path != "/up":
            self.close_connection = True
            self._answer(HTTPStatus.NOT_FOUND)
            return
        self._transfer(self._take_noise)

    def _transfer(self, move: Callable[[], None]) -> None:
        """One of a few transfers at a time: a test must not take the node's whole link for itself."""
        if not self.server.transfers.acquire(blocking=False):
            self.close_connection = True
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, retry_after=2)
            return
        try:
            move()
        finally:
            self.server.transfers.release()

    def _send_noise(self, count: int | None) -> None:
        if count is None:
            self._answer(HTTPStatus.BAD_REQUEST)
            return
        self._head(HTTPStatus.OK, count, "application/octet-stream")
        while count > 0:
            part = self.server.noise[:count]
            self.wfile.write(part)
            count -= len(part)

    def _take_noise(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()) or len(length) > 9 or int(length) > MAX_BYTES:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        left = int(length)
        while left > 0:
            part = self.rfile.read1(min(left, CHUNK_BYTES))
            if not part:
                self.close_connection = True
                return
            left -= len(part)
        self._answer(HTTPStatus.OK, length.encode(), "text/plain")

    def _answer(self, status: HTTPStatus, body: bytes = b"", kind: str = "text/plain", retry_after: int = 0) -> None:
        self._head(status, len(body), kind, retry_after)
        self.wfile.write(body)

    def _head(self, status: HTTPStatus, length: int, kind: str, retry_after: int = 0) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length))
        if retry_after:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Who tests, and when, is nobody's business."""


def _count(query: str) -> int | None:
    """The number of bytes that a download asks for; None if it is not a number in bounds."""
    value = parse_qs(query).get("bytes", [""])[0]
    if not (value.isascii() and value.isdecimal()) or len(value) > 9 or not 0 < int(value) <= MAX_BYTES:
        return None
    return int(value)


def serve(address: str, port: int, interface: str) -> SpeedTestServer:
    """Start a server in a thread of its own. Raises OSError when the port is taken or the interface is not there."""
    server = SpeedTestServer(address, port, interface)
    threading.Thread(target=server.serve_forever, name="speed-test", daemon=True).start()
    return server
