"""Few connections serve many threads: who waits for something else has none, and who says nothing holds up nobody."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.factories.vpn import new_key
from tests.live.conftest import StackMaker
from tests.live.stack import call

pytestmark = pytest.mark.live
REPORTED = """
from django.utils import timezone
from vpn.models import NodeStatus, Server
NodeStatus.objects.update_or_create(server=Server.objects.get(name="demo-1"), defaults={"last_report_at": timezone.now()})
"""


def test_who_waits_for_a_node_lends_its_connection(make_stack: StackMaker) -> None:
    stack = make_stack(workers=1, settings={"DATABASE_POOL_SIZE": "1", "DEVICE_ACK_WAIT_MS": "2500"})
    stack.manage("create_demo_data")
    stack.sql("UPDATE vpn_server SET state = 'online', public_key = %s WHERE name = 'demo-1'", new_key())
    token = stack.new_customer("a@example.com")
    # The node has just reported, and confirms nothing.
    stack.manage("shell", "-c", REPORTED)
    with ThreadPoolExecutor(1) as other:
        body = {"name": "Laptop", "location": "demo-1", "public_key": new_key()}
        began = time.monotonic()
        made = other.submit(stack.api, "POST", "devices", body, token)
        slowest = 0.0
        while not made.done():
            started = time.monotonic()
            assert stack.api("GET", "locations").status in (200, 429)
            slowest = max(slowest, time.monotonic() - started)
            time.sleep(0.05)
        assert time.monotonic() - began > 2
    assert (made.result().status, made.result().data["state"]) == (201, "activating")
    assert slowest < 1


def test_connections_that_say_nothing_keep_no_thread(make_stack: StackMaker) -> None:
    stack = make_stack(workers=1)
    silent = [socket.create_connection((stack.hosts[0], stack.port)) for _ in range(50)]
    time.sleep(0.2)
    started = time.monotonic()
    assert stack.api("GET", "locations").status == 200
    assert time.monotonic() - started < 1
    # One that begins to speak later is served.
    silent[0].sendall(b"GET /api/health/liveness HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    silent[0].settimeout(5)
    assert silent[0].recv(4096).startswith(b"HTTP/1.1 200")
    for link in silent:
        link.close()


def test_a_request_for_liveness_that_never_ends_holds_up_no_other(make_stack: StackMaker) -> None:
    stack = make_stack(workers=1)
    head = b"GET /api/health/liveness HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    unfinished = []
    for end in (b"", b"Content-Length: 1000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"):
        link = socket.create_connection((stack.hosts[0], stack.port))
        link.sendall(head + end)
        unfinished.append(link)
    time.sleep(0.2)
    started = time.monotonic()
    assert call("GET", f"{stack.url}/api/health/liveness").status == 200
    assert time.monotonic() - started < 1
    for link in unfinished:
        link.close()
