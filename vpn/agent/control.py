"""Speaking to the control plane (docs/node-api.md): one kept-alive connection per client, and strict about answers."""

import http.client
import json
import socket
import ssl
import threading
import zlib
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from vpn.agent.version import AGENT_VERSION

API_PREFIX: Final = "/api/v1/node/"
CONNECT_TIMEOUT_S: Final = 10.0
KEEPALIVE_S: Final = 2
KEEPALIVE_PROBES: Final = 3
ANSWER_TIMEOUT_S: Final = 20.0
MAX_BODY_BYTES: Final = 64 << 20
MAX_RETRY_AFTER_S: Final = 300.0


class ControlError(Exception):
    """The control plane gave nothing to act upon. `retry_after_s` is what it asked to wait, if it did."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotAnAnswer(ControlError):
    """No connection, a broken or cut answer, or something that is not the control plane's envelope."""


class Aborted(ControlError):
    """Another thread called `abort`."""


class Refused(ControlError):
    """The control plane answered with an error of its own; `code` names it."""

    def __init__(self, status: int, code: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{status} {code}", retry_after_s)
        self.status = status
        self.code = code


class ControlClient:
    """For one thread; only `abort` may be called from another one."""

    def __init__(self, base_url: str, credential: str = "", timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the control plane's URL must be http:// or https:// with a host")
        self._https = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/") + API_PREFIX
        # May be changed at any time, by any thread: it is read once a request.
        self.credential = credential
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None
        self._socket_lock = threading.Lock()
        self._aborted = threading.Event()

    def get(self, name: str, wait_s: float = 0.0, **query: object) -> dict[str, Any]:
        """Return `data` of the answer to a GET that the server may hold for `wait_s`; raises ControlError."""
        path = f"{name}?{urlencode(query)}" if query else name
        return self._call("GET", path, None, self._timeout_s + wait_s)

    def post(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return `data` of the answer to a POST; raises ControlError.

        Every request of this API may be repeated.
        """
        return self._call("POST", name, json.dumps(body, separators=(",", ":")).encode(), self._timeout_s)

    def abort(self) -> None:
        """Make the request that another thread is at, or is about to make, fail with Aborted."""
        self._aborted.set()
        with self._socket_lock:
            sock = self._connection.sock if self._connection else None
            if sock is not None:
                with suppress(OSError):  # it may be closed already, which is as good
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        with self._socket_lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _call(self, method: str, path: str, body: bytes | None, timeout_s: float) -> dict[str, Any]:
        reused = self._connection is not None
        self._raise_if_aborted()
        try:
            status, headers, content = self._exchange(method, path, body, timeout_s)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            self.close()
            self._raise_if_aborted()
            if not reused:
                raise NotAnAnswer(f"connection: {type(error).__name__}") from error
            # A server may close an idle connection at any time; that says nothing about its health.
            return self._call(method, path, body, timeout_s)
        except (OSError, http.client.HTTPException, zlib.error) as error:
            self.close()
            self._raise_if_aborted()
            raise NotAnAnswer(f"connection: {type(error).__name__}") from error
        except ControlError:
            self.close()
            raise
        return _open_envelope(status, headers, content)

    def _raise_if_aborted(self) -> None:
        if self._aborted.is_set():
            self._aborted.clear()
            raise Aborted("aborted")

    def _exchange(
        self, method: str, path: str, body: bytes | None, timeout_s: float
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = self._connected()
        connection.sock.settimeout(timeout_s)
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"nexusvpn-agent/{AGENT_VERSION}",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        credential = self.credential
        if credential:
            headers["Authorization"] = f"Bearer {credential}"
        connection.request(method, self._prefix + path, body, headers)
        response = connection.getresponse()
        content = _read_body(response)
        if response.will_close:
            self.close()
        return response.status, response.headers, content

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            if self._https:
                context = ssl.create_default_context()
                connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=CONNECT_TIMEOUT_S, context=context
                )
            else:
                connection = http.client.HTTPConnection(self._host, self._port, timeout=CONNECT_TIMEOUT_S)
            connection.connect()
            _notice_a_dead_peer(connection.sock)
            with self._socket_lock:
                self._connection = connection
        elif self._connection.sock is None:
            self._connection.connect()
        return self._connection


def _notice_a_dead_peer(sock: socket.socket) -> None:
    """Let the kernel find out within seconds that the other end is gone: a request may hang for longer than anybody should wait."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)


def _read_body(response: http.client.HTTPResponse) -> bytes:
    """Return the whole body, unpacked; raises NotAnAnswer if it is cut short or larger than any honest one."""
    announced = response.getheader("Content-Length")
    chunks, length = [], 0
    while chunk := response.read(1 << 18):
        chunks.append(chunk)
        length += len(chunk)
        if length > MAX_BODY_BYTES:
            raise NotAnAnswer("the answer is too large")
    # `read(n)` of http.client does not complain about a body that ends before its announced length.
    if announced is not None and _decimal(announced) != length:
        raise NotAnAnswer("the answer was cut short")
    content = b"".join(chunks)
    if response.getheader("Content-Encoding", "").lower() != "gzip":
        return content
    unpacker = zlib.decompressobj(wbits=31)
    plain = unpacker.decompress(content, MAX_BODY_BYTES)
    if not unpacker.eof:
        raise NotAnAnswer("the packed answer was cut short or is too large")
    return plain


def _open_envelope(status: int, headers: http.client.HTTPMessage, content: bytes) -> dict[str, Any]:
    """Return `data` of a success; raises Refused for an error of the API and NotAnAnswer for anything else."""
    retry_after_s = _retry_after(headers.get("Retry-After"))
    try:
        envelope = json.loads(content)
    except ValueError:
        raise NotAnAnswer(f"{status} without JSON", retry_after_s) from None
    if not isinstance(envelope, dict) or envelope.get("status_code") != status:
        raise NotAnAnswer(f"{status} without the API's envelope", retry_after_s)
    data = envelope.get("data")
    if status in (200, 201) and isinstance(data, dict):
        return data
    error = envelope.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if status >= 400 and isinstance(code, str):
        raise Refused(status, code[:64], retry_after_s)
    raise NotAnAnswer(f"{status} without data", retry_after_s)


def _retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header; a date is ignored, since it would need the node's clock."""
    seconds = None if value is None else _decimal(value)
    return None if seconds is None else min(seconds, MAX_RETRY_AFTER_S)


def _decimal(text: str) -> float | None:
    """Return the number that a header writes in ASCII digits, the only ones that HTTP knows; None for anything else.

    A float, since Python refuses to make an integer of thousands of digits; it is exact far beyond any body's length.
    """
    digits = text.strip()
    return float(digits) if digits.isascii() and digits.isdecimal() else None
