"""The process in which nodes wait: answers at once when there is something, hangs when there is not, misses nothing."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from nexusvpn.local import redis as local_redis
from tests.factories.vpn import new_key
from tests.live.requirements import missing_for_redis, need
from tests.live.stack import Answer, Stack, call

pytestmark = pytest.mark.live


class WaitingNode:
    """Enrolled as `demo-1`, with a customer who has one device."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        token = json.loads(stack.manage("issue_node_enrolment", "demo-1", "--json"))["token"]
        body = {"token": token, "public_key": new_key(), "agent_version": "0.1.0", "protocol_version": 1}
        enrolled = stack.api("POST", "node/enrol", body)
        assert enrolled.status == 201, enrolled.body
        self.credential = enrolled.data["credential"]
        self.poll_url = enrolled.data["poll_url"]
        snapshot = stack.api("GET", "node/snapshot", token=self.credential).data
        self.epoch, self.revision = snapshot["epoch"], snapshot["to"]
        stack.put_in_service("demo-1")
        account = {"email": "waiter@example.com", "password": "a long enough secret"}
        self.customer = stack.api("POST", "auth/register", account).data["token"]

    def state(self, wait: int, after: int | None = None, credential: str | None = None) -> Answer:
        query = f"epoch={self.epoch}&after={self.revision if after is None else after}&wait={wait}"
        return call("GET", f"{self.poll_url}/api/v1/node/state?{query}", token=credential or self.credential)

    def change(self) -> str:
        body = {"name": "x", "location": "demo-1", "public_key": new_key()}
        made = self.stack.api("POST", "devices", body, self.customer)
        assert made.status == 201, made.body
        return str(made.data["id"])


@pytest.fixture(scope="module", params=["postgresql", "redis"])
def waiting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WaitingNode]:
    with ExitStack() as context:
        settings = {"DEVICE_ACK_WAIT_MS": "0"}
        if request.param == "redis":
            need(missing_for_redis())
            settings["REDIS_URL"] = context.enter_context(local_redis.start())
        stack = Stack(os.environ["DATABASE_URL"], tmp_path_factory.mktemp("stack"), settings=settings)
        context.callback(stack.stop)
        stack.start()
        stack.manage("create_demo_data")
        yield WaitingNode(stack)


def test_nothing_new_hangs_for_as_long_as_asked(waiting: WaitingNode) -> None:
    started = time.monotonic()
    answer = waiting.state(wait=1)
    assert 0.9 < time.monotonic() - started < 2
    assert (answer.status, answer.data["ops"], answer.data["hung"]) == (200, [], True)


def test_a_change_wakes_the_waiter_within_a_quarter_of_a_second(waiting: WaitingNode) -> None:
    for _ in range(3):
        answers: list[tuple[float, Answer]] = []

        def wait(into: list[tuple[float, Answer]] = answers) -> None:
            answer = waiting.state(wait=20)
            into.append((time.monotonic(), answer))

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.4)
        device = waiting.change()
        committed = time.monotonic()
        thread.join(25)
        arrived, answer = answers[0]
        assert [op["op"] for op in answer.data["ops"]] == ["upsert"]
        assert arrived - committed < 0.35
        waiting.revision = answer.data["to"]
        waiting.stack.api("DELETE", f"devices/{device}", token=waiting.customer)
        removal = waiting.state(wait=5)
        assert removal.data["ops"][-1]["op"] == "remove"
        waiting.revision = removal.data["to"]


def test_a_lost_message_costs_at_most_a_second(waiting: WaitingNode) -> None:
    """A change that nobody announces is found by the poll."""
    timer = threading.Timer(
        0.3, waiting.stack.sql, ["UPDATE vpn_server SET revision = revision + 1 WHERE name = 'demo-1'"]
    )
    timer.start()
    started = time.monotonic()
    answer = waiting.state(wait=20)
    assert time.monotonic() - started < 1.8
    assert answer.data["to"] == waiting.revision + 1
    waiting.revision = answer.data["to"]
    timer.join()


def test_the_web_process_never_hangs(waiting: WaitingNode) -> None:
    query = f"epoch={waiting.epoch}&after={waiting.revision}&wait=20"
    started = time.monotonic()
    answer = waiting.stack.api("GET", f"node/state?{query}", token=waiting.credential)
    assert time.monotonic() - started < 1
    assert (answer.status, answer.data["hung"], answer.data["ops"]) == (200, False, [])


@pytest.mark.parametrize(
    ("path", "credential", "status", "code"),
    [
        ("node/state?after=0", "nvn_wrong", 401, "invalid_node_credential"),
        ("node/state?after=0", None, 401, "invalid_node_credential"),
        ("node/state?after=-1", "right", 400, "invalid_input"),
        ("node/state?after=0&epoch=x", "right", 409, "resync_required"),
        ("node/snapshot", "right", 404, "not_found"),
        ("devices", "right", 404, "not_found"),
    ],
)
def test_errors_have_the_envelope(
    waiting: WaitingNode, path: str, credential: str | None, status: int, code: str
) -> None:
    token: Any = waiting.credential if credential == "right" else credential
    answer = call("GET", f"{waiting.poll_url}/api/v1/{path}", token=token)
    assert (answer.status, answer.body["error"]["code"], answer.body["data"]) == (status, code, None)
    assert answer.headers["x-request-id"] == answer.body["request_id"]


def test_two_hundred_wait_at_once_and_those_who_left_are_forgotten(waiting: WaitingNode) -> None:
    host, port = waiting.poll_url.removeprefix("http://").split(":")
    query = f"epoch={waiting.epoch}&after={waiting.revision}&wait=30"
    head = (
        f"GET /api/v1/node/state?{query} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {waiting.credential}\r\n\r\n"
    )
    links = [socket.create_connection((host, int(port))) for _ in range(200)]
    for link in links:
        link.sendall(head.encode())
    time.sleep(0.5)
    for link in links[100:]:
        link.close()
    started = time.monotonic()
    waiting.change()
    for link in links[:100]:
        link.settimeout(5)
        assert link.recv(4096).startswith(b"HTTP/1.1 200")
        link.close()
    assert time.monotonic() - started < 3
