"""The load generator, against servers that treat its connections badly."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bench.load import Run
from bench.measuring import http_request

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
# Serves one connection; its second argument is the connection's number, from 0.
Serve = Callable[[socket.socket, int], None]


class Server:
    """Each connection has a thread of its own, which ends at the latest with its client."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            link, _ = self._listener.accept()
            if link.recv(1, socket.MSG_PEEK) == b"":
                link.close()
                return
            thread = threading.Thread(target=self._run, args=(link, len(self.threads)))
            thread.start()
            self.threads.append(thread)

    def _run(self, link: socket.socket, number: int) -> None:
        with link:
            self._serve(link, number)

    def close(self) -> None:
        # A connection that says nothing ends the accepting.
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._accepting.join(5)
        for thread in self.threads:
            thread.join(5)
        self._listener.close()


@contextmanager
def serving(serve: Serve) -> Iterator[Server]:
    server = Server(serve)
    try:
        yield server
    finally:
        server.close()


def run(server: Server, connections: int, requests: int) -> dict[str, object]:
    order = {"port": server.port, "connections": connections, "seconds": 5, "repeat": False}
    return Run({**order, "requests": [http_request("GET", "/")] * requests}).go()


def answer_once(link: socket.socket, number: int) -> None:
    link.recv(65536)
    link.sendall(ANSWER)


def test_each_request_is_sent_once_though_the_server_closes_every_connection_after_its_answer() -> None:
    with serving(answer_once) as server:
        answer = run(server, connections=2, requests=6)
    assert answer["statuses"] == {200: 6}
    assert len(answer["latencies_s"]) == 6  # type: ignore[arg-type]
    assert answer["reconnects"] == 4


def test_a_connection_with_nothing_left_to_send_may_be_closed_while_others_still_wait() -> None:
    def serve(link: socket.socket, number: int) -> None:
        link.recv(65536)
        if number == 1:
            time.sleep(0.1)
        link.sendall(ANSWER)

    with serving(serve) as server:
        answer = run(server, connections=2, requests=2)
    assert (answer["statuses"], answer["reconnects"]) == ({200: 2}, 0)


@pytest.mark.parametrize("reset", [False, True])
def test_an_answer_cut_short_is_an_error_and_leaves_no_connection_open(reset: bool) -> None:
    def serve(link: socket.socket, number: int) -> None:
        link.recv(65536)
        if number == 0:
            link.sendall(ANSWER[:-1])
            if reset:
                time.sleep(0.05)
                # Closing with a linger of nothing resets the connection.
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            return
        # Ends when the client closes.
        link.settimeout(5)
        assert link.recv(1) == b""

    with serving(serve) as server:
        with pytest.raises(ValueError, match="cut short"):
            run(server, connections=3, requests=3)
        for thread in server.threads:
            thread.join(2)
        assert not any(thread.is_alive() for thread in server.threads)
