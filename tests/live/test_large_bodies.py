"""Whoever sends too much is told so, also if they read the answer only when they have sent it all."""

from __future__ import annotations

import http.client
import json
import socket
import time

import pytest

from tests.live.conftest import StackMaker
from tests.live.stack import Stack, call

pytestmark = pytest.mark.live
MEBIBYTE = 1024 * 1024


@pytest.fixture
def stack(make_stack: StackMaker) -> Stack:
    return make_stack(workers=1)


def test_a_body_that_is_sent_to_its_end_gets_its_refusal_and_no_reset(stack: Stack) -> None:
    for _ in range(5):
        link = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=20)
        link.request("POST", "/api/v1/auth/login", b"x" * (8 * MEBIBYTE), {"Content-Type": "application/json"})
        answer = link.getresponse()
        assert (answer.status, json.loads(answer.read())["error"]["code"]) == (413, "payload_too_large")
        link.close()


def test_who_announces_a_body_and_never_sends_it_is_waited_for_only_briefly(stack: Stack) -> None:
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % (8 * MEBIBYTE)
    slow = [socket.create_connection(("127.0.0.1", stack.port), timeout=20) for _ in range(8)]
    for link in slow:
        link.sendall(head)
    began = time.monotonic()
    # Eight of them have all eight threads.
    assert call("GET", f"{stack.url}/api/v1/locations").status == 200
    assert time.monotonic() - began < 5
    for link in slow:
        assert b" 413 " in link.recv(4096)
        link.close()


def test_a_body_beyond_all_measure_is_not_read(stack: Stack) -> None:
    began = time.monotonic()
    link = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=20)
    link.putrequest("POST", "/api/v1/auth/login")
    link.putheader("Content-Length", str(10**12))
    link.endheaders()
    assert link.getresponse().status == 413
    assert time.monotonic() - began < 2
    link.close()
