"""The node's speed test: what it serves, and how little of it."""

from __future__ import annotations

import http.client
import socket
import threading
import zlib
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from vpn.agent.speed_test.server import MAX_BYTES, MAX_TRANSFERS, SpeedTestServer


@pytest.fixture
def server() -> Iterator[SpeedTestServer]:
    made = SpeedTestServer("127.0.0.1", 0)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def ask(
    server: SpeedTestServer, method: str, path: str, body: bytes | None = None
) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", "/speed.js", "/speed.css"])
def test_the_page_and_its_parts_are_there_under_a_strict_policy(server: SpeedTestServer, path: str) -> None:
    status, body, headers = ask(server, "GET", path)
    assert status == 200
    assert len(body) > 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert b"<script>" not in body
    assert b"style=" not in body


def test_a_download_has_just_the_bytes_that_were_asked_for_and_they_cannot_be_compressed(
    server: SpeedTestServer,
) -> None:
    status, body, headers = ask(server, "GET", "/down?bytes=200001")
    assert (status, len(body), headers["Cache-Control"]) == (200, 200_001, "no-store")
    assert len(zlib.compress(body[:65536])) > 65_000


@pytest.mark.parametrize("count", ["", "0", "-1", "x", "²", str(MAX_BYTES + 1), "9" * 30])
def test_a_download_of_no_sensible_size_is_refused(server: SpeedTestServer, count: str) -> None:
    assert ask(server, "GET", f"/down?bytes={quote(count)}")[0] == 400


def test_an_upload_says_how_much_arrived(server: SpeedTestServer) -> None:
    assert ask(server, "POST", "/up", b"x" * 300_000)[:2] == (200, b"300000")


def test_an_upload_that_is_too_large_is_refused_before_it_is_read(server: SpeedTestServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as link:
        link.sendall(f"POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BYTES + 1}\r\n\r\n".encode())
        assert link.recv(100).startswith(b"HTTP/1.1 413")


def test_more_transfers_than_a_few_at_once_are_asked_to_wait(server: SpeedTestServer) -> None:
    for _ in range(MAX_TRANSFERS):
        assert server.transfers.acquire(blocking=False)
    status, _, headers = ask(server, "GET", "/down?bytes=1000")
    assert (status, headers["Retry-After"]) == (503, "2")
    assert ask(server, "GET", "/ping")[0] == 204
    server.transfers.release()
    assert ask(server, "GET", "/down?bytes=1000")[0] == 200


@pytest.mark.parametrize("path", ["/etc/passwd", "/../server.py", "/index.html"])
def test_nothing_else_is_served(server: SpeedTestServer, path: str) -> None:
    assert ask(server, "GET", path)[0] == 404
    assert ask(server, "POST", path, b"x")[0] == 404


def test_it_may_be_there_before_its_address(server: SpeedTestServer) -> None:
    early = SpeedTestServer("192.0.2.77", 0)
    early.server_close()
