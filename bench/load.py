"""The load generator: `python -m bench.load`, a process of its own, so that its work is not counted as the server's.

It reads one JSON order from standard input and writes one JSON answer. One thread serves all connections with epoll; each sends its next
prebuilt request as soon as the answer to the former is whole (keep-alive, no pipelining). A server may close an idle connection at any
time; then the same request goes out again on a new one, and is counted among the `reconnects`. Standard library only.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle
from typing import Any

MAX_WAIT_S = 20.0
MOST_RECONNECTS = 1000


class Connection:
    """One keep-alive connection and what has arrived of its present answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._received = b""
        self._needed = 0
        self.request = b""
        self.sent_at = 0.0
        self.open()

    def open(self) -> None:
        self._received, self._needed = b"", 0
        self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=MAX_WAIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        self._received, self._needed, self.request = b"", 0, request
        self.sent_at = time.perf_counter()
        self.transmit()

    def transmit(self) -> None:
        # A connection that the server has just closed says so when its answer is read.
        with suppress(ConnectionError):
            self.socket.sendall(self.request)

    def receive(self) -> int | None:
        """The status once the answer is whole, None when more is to come.

        Raises ConnectionError when the connection ends before the first byte, and ValueError when it ends later: the request was taken,
        and sending it again would count it twice.
        """
        try:
            part = self.socket.recv(65536)
        except ConnectionError:
            part = b""
        if not part and self._received:
            raise ValueError("an answer was cut short")
        if not part:
            raise ConnectionResetError
        self._received += part
        if not self._needed:
            head, separator, _ = self._received.partition(b"\r\n\r\n")
            if not separator:
                return None
            self._needed = len(head) + 4 + _content_length(head)
        return int(self._received[9:12]) if len(self._received) >= self._needed else None


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    raise ValueError("an answer without Content-Length")


class Run:
    """One measurement: until `seconds` are over, or every request has been sent once where they may not be repeated."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._seconds = float(order["seconds"])
        requests = [text.encode("latin-1") for text in order["requests"]]
        self._requests: Iterator[bytes] = cycle(requests) if order["repeat"] else iter(requests)
        self._port, self._size = int(order["port"]), int(order["connections"])
        self._selector = selectors.DefaultSelector()
        self._connections: list[Connection] = []
        self._waiting = 0
        self._reconnects = 0
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []

    def go(self) -> dict[str, Any]:
        """Measure; every connection is closed afterwards, also when this raises (an answer cut short, a server that says nothing)."""
        try:
            for _ in range(self._size):
                self._connections.append(Connection(self._port))
            return self._measure()
        finally:
            self._selector.close()
            for connection in self._connections:
                connection.socket.close()

    def _measure(self) -> dict[str, Any]:
        cpu, started = time.process_time(), time.perf_counter()
        self._deadline = started + self._seconds
        for connection in self._connections:
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
            self._send_next(connection)
        while self._waiting:
            ready = self._selector.select(MAX_WAIT_S)
            if not ready:
                raise TimeoutError("the server stopped answering")
            for key, _ in ready:
                self._take(key.data)
        wall = time.perf_counter() - started
        return {
            "wall_s": wall,
            "cpu_s": time.process_time() - cpu,
            "statuses": self.statuses,
            "latencies_s": self.latencies,
            "reconnects": self._reconnects,
        }

    def _send_next(self, connection: Connection) -> None:
        request = next(self._requests, None) if time.perf_counter() < self._deadline else None
        if request is None:
            # It waits for nothing: that the server closes it now is no answer's end.
            self._selector.unregister(connection.socket)
            return
        self._waiting += 1
        connection.send(request)

    def _take(self, connection: Connection) -> None:
        try:
            status = connection.receive()
        except ConnectionError:
            self._reconnect(connection)
            return
        if status is None:
            return
        self._waiting -= 1
        self.statuses[status] += 1
        self.latencies.append(time.perf_counter() - connection.sent_at)
        self._send_next(connection)

    def _reconnect(self, connection: Connection) -> None:
        self._reconnects += 1
        if self._reconnects > MOST_RECONNECTS:
            raise ConnectionError("the server closes every connection")
        self._selector.unregister(connection.socket)
        connection.socket.close()
        connection.open()
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.transmit()


if __name__ == "__main__":
    json.dump(Run(json.load(sys.stdin)).go(), sys.stdout)
