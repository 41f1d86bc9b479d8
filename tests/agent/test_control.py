"""The HTTP client: an answer is an answer, and everything else is nothing."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.agent.fake_control import FakeControl, envelope, send_data, send_error, send_raw
from tests.agent.lies import (
    LIES,
    Handler,
    Lie,
    count_differs,
    empty_list_with_old_hash,
    not_complete,
    unauthorised,
)
from vpn.agent.control import Aborted, ControlClient, NotAnAnswer, Refused

BELIEVABLE = (empty_list_with_old_hash, not_complete, count_differs, unauthorised)


@pytest.fixture
def server() -> Iterator[FakeControl]:
    fake = FakeControl()
    yield fake
    fake.close()


@pytest.fixture
def client(server: FakeControl) -> Iterator[ControlClient]:
    client = ControlClient(server.url + "/", "nvn_test-credential", timeout_s=2)
    yield client
    client.close()


@pytest.mark.parametrize("lie", [lie for lie in LIES if lie not in BELIEVABLE])
def test_what_is_no_answer_is_none_and_the_next_one_counts(
    server: FakeControl, client: ControlClient, lie: Lie
) -> None:
    def sabotage(handler: Handler, name: str) -> bool:
        lie(handler, server.snapshot())
        return True

    server.sabotage = sabotage
    with pytest.raises(NotAnAnswer):
        client.get("snapshot")
    server.sabotage = None
    assert client.get("snapshot")["complete"] is True


def test_a_refusal_has_its_code_and_how_long_to_wait(server: FakeControl, client: ControlClient) -> None:
    def sabotage(handler: Handler, name: str) -> bool:
        send_error(handler, 429, "rate_limited", Retry_After="7")
        return True

    server.sabotage = sabotage
    with pytest.raises(Refused) as caught:
        client.get("snapshot")
    assert (caught.value.status, caught.value.code, caught.value.retry_after_s) == (429, "rate_limited", 7)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("-5", None),
        ("²", None),
        ("1_0", None),
        ("99999", 300),
        ("9" * 5000, 300),
    ],
)
def test_a_retry_after_needs_no_clock_and_is_never_endless(
    server: FakeControl, client: ControlClient, value: str, seconds: float | None
) -> None:
    def sabotage(handler: Handler, name: str) -> bool:
        send_raw(handler, 503, b"busy", headers={"Retry-After": value})
        return True

    server.sabotage = sabotage
    with pytest.raises(NotAnAnswer) as caught:
        client.get("snapshot")
    assert caught.value.retry_after_s == seconds


@pytest.mark.parametrize("length", ["²", "+15", "9" * 5000])
def test_a_length_that_is_no_number_is_no_answer(server: FakeControl, client: ControlClient, length: str) -> None:
    def sabotage(handler: Handler, name: str) -> bool:
        send_raw(handler, 200, envelope(200, {}), announced=length)
        return True

    server.sabotage = sabotage
    with pytest.raises(NotAnAnswer):
        client.get("snapshot")


def test_one_connection_serves_many_requests_and_a_closed_one_is_replaced(
    server: FakeControl, client: ControlClient
) -> None:
    for _ in range(5):
        client.get("snapshot")
    assert len(server.connections) == 1
    for connection in list(server.connections):
        connection.shutdown(socket.SHUT_RDWR)
    time.sleep(0.05)
    assert client.get("snapshot")["complete"] is True


def test_a_request_that_hangs_can_be_broken_off(server: FakeControl, client: ControlClient) -> None:
    client.get("snapshot")
    threading.Timer(0.2, client.abort).start()
    started = time.monotonic()
    with pytest.raises(Aborted):
        client.get("state", 20, epoch=server.epoch, after=0, wait=20)
    assert time.monotonic() - started < 2
    assert client.get("snapshot")["complete"] is True


def test_an_abort_before_the_request_is_not_forgotten(client: ControlClient) -> None:
    client.abort()
    with pytest.raises(Aborted):
        client.get("snapshot")
    assert client.get("snapshot")["complete"] is True


def test_a_server_that_says_nothing_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = ControlClient(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.3)
        with pytest.raises(NotAnAnswer):
            client.get("snapshot")


def test_nobody_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(NotAnAnswer):
        ControlClient(f"http://127.0.0.1:{port}").get("snapshot")


def test_the_credential_and_a_prefix_are_sent(server: FakeControl) -> None:
    seen: list[Any] = []

    def sabotage(handler: Handler, name: str) -> bool:
        seen.append((handler.path, handler.headers["Authorization"]))
        send_data(handler, {})
        return True

    server.sabotage = sabotage
    client = ControlClient(server.url + "/behind/", "nvn_x")
    client.post("report", {})
    client.close()
    assert seen == [("/behind/api/v1/node/report", "Bearer nvn_x")]


@pytest.mark.parametrize("url", ["ftp://x", "vpn.example.com", "http://", "file:///etc/passwd"])
def test_only_http_urls_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        ControlClient(url)


def test_an_envelope_without_data_is_no_answer(server: FakeControl, client: ControlClient) -> None:
    def sabotage(handler: Handler, name: str) -> bool:
        send_raw(handler, 200, envelope(200, None))
        return True

    server.sabotage = sabotage
    with pytest.raises(NotAnAnswer):
        client.get("snapshot")


def test_the_kernel_finds_out_within_seconds_that_the_other_end_is_gone(server: FakeControl) -> None:
    client = ControlClient(server.url, "nvn_test-credential", timeout_s=2)
    client.get("snapshot")
    assert client._connection is not None
    sock = client._connection.sock
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    idle, every, probes = (
        sock.getsockopt(socket.IPPROTO_TCP, option)
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    )
    client.close()
    assert idle + every * probes <= 10
