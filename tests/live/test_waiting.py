"""The process in which nodes wait: answers at once when there is something, hangs when there is not, misses nothing."""

from __future__ import annotations

import http.client
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
from tests.live.windows import wait_for_a_whole_burst

pytestmark = pytest.mark.live
# An address of the loopback network that plays the reverse proxy.
PROXY = "127.0.0.8"


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
        self.customer = stack.new_customer("waiter@example.com")

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
        settings = {"DEVICE_ACK_WAIT_MS": "0", "TRUSTED_PROXIES": f"{PROXY}/32"}
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


class Nodes:
    """A hundred more nodes, and requests of theirs that hang on sockets of their own."""

    MAKE = """
import json, secrets
from tests.factories.vpn import make_location, make_server
from vpn.models import NodeToken
from vpn.services.nodes import CREDENTIAL_PREFIX, hash_token
place = make_location("crowd")
made = []
for number in range(100):
    server = make_server(place, name=f"crowd-{number}", network_v4=f"10.99.{number}.0/24", network_v6=f"fd99:{number}::/64")
    credential = CREDENTIAL_PREFIX + secrets.token_urlsafe(32)
    NodeToken.objects.create(server=server, kind=NodeToken.Kind.CREDENTIAL, token_hash=hash_token(credential))
    made.append([credential, str(server.epoch), server.revision])
print(json.dumps(made))
"""

    def __init__(self, waiting: WaitingNode) -> None:
        self.host, _, port = waiting.poll_url.removeprefix("http://").partition(":")
        self.port = int(port)
        self.known = json.loads(waiting.stack.manage("shell", "--verbosity", "0", "-c", self.MAKE).splitlines()[-1])

    def hang(self, credential: str, epoch: str, after: int) -> socket.socket:
        link = socket.create_connection((self.host, self.port))
        link.settimeout(5)
        head = f"GET /api/v1/node/state?epoch={epoch}&after={after}&wait=30 HTTP/1.1\r\nHost: {self.host}\r\n"
        link.sendall(f"{head}Authorization: Bearer {credential}\r\n\r\n".encode())
        return link


def test_two_hundred_wait_at_once_and_those_who_left_are_forgotten(waiting: WaitingNode) -> None:
    nodes = Nodes(waiting)
    links = [nodes.hang(*node) for node in nodes.known for _ in range(2)]
    time.sleep(1)
    for link in links[1::2]:
        link.close()
    started = time.monotonic()
    waiting.stack.sql("UPDATE vpn_server SET revision = revision + 1 WHERE name LIKE 'crowd-%%'")
    for link in links[::2]:
        assert link.recv(4096).startswith(b"HTTP/1.1 200")
        link.close()
    assert time.monotonic() - started < 3


def test_a_third_hanging_request_of_a_node_ends_its_oldest(waiting: WaitingNode) -> None:
    def wait(arrived: list[float]) -> threading.Thread:
        def ask() -> None:
            answer = waiting.state(wait=4)
            assert (answer.status, answer.data["ops"]) == (200, [])
            arrived.append(time.monotonic())

        thread = threading.Thread(target=ask)
        thread.start()
        # The next one shall come later.
        time.sleep(0.3)
        return thread

    started = time.monotonic()
    ended: list[list[float]] = [[], [], []]
    threads = [wait(arrived) for arrived in ended]
    for thread in threads:
        thread.join(10)
    took = [arrived[0] - started for arrived in ended]
    assert took[0] < 2
    assert min(took[1:]) > 3.9


def state_from(address: str, waiting: WaitingNode, credential: str, forwarded: str = "") -> int:
    """The status of a request that comes from this address of the loopback network."""
    host, _, port = waiting.poll_url.removeprefix("http://").partition(":")
    link = http.client.HTTPConnection(host, int(port), timeout=10, source_address=(address, 0))
    headers = {"Authorization": f"Bearer {credential}", **({"X-Forwarded-For": forwarded} if forwarded else {})}
    link.request("GET", f"/api/v1/node/state?epoch={waiting.epoch}&after={waiting.revision}", headers=headers)
    with link.getresponse() as answer:
        status = answer.status
        answer.read()
    link.close()
    return status


def test_failed_credentials_count_for_their_address_and_no_header_changes_it(waiting: WaitingNode) -> None:
    stranger = "127.0.0.9"
    wait_for_a_whole_burst(stranger)
    statuses = [state_from(stranger, waiting, "nvn_wrong", f"198.51.100.{number}") for number in range(31)]
    assert statuses == [401] * 30 + [429]
    assert state_from(stranger, waiting, waiting.credential) == 429
    assert state_from("127.0.0.10", waiting, waiting.credential) == 200


def test_behind_a_trusted_proxy_they_count_for_who_is_behind_it(waiting: WaitingNode) -> None:
    stranger = "198.51.100.77"
    wait_for_a_whole_burst(stranger)
    spoofed = [f"192.0.2.{number}, {stranger}" for number in range(31)]
    statuses = [state_from(PROXY, waiting, "nvn_wrong", forwarded) for forwarded in spoofed]
    assert statuses == [401] * 30 + [429]
    assert state_from(PROXY, waiting, waiting.credential, "198.51.100.78") == 200
