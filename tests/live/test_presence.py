"""A node that goes is noticed within seconds, and one that is only elsewhere is not thought to be gone."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nexusvpn.local import redis as local_redis
from tests.live.requirements import missing_for_redis, need
from tests.live.stack import Stack, free_port

pytestmark = pytest.mark.live
# One node for each test, so that what a test leaves behind is nobody else's.
MAKE = """
import json, secrets
from tests.factories.vpn import make_location, make_server
from vpn.models import NodeStatus, NodeToken
from vpn.services.nodes import CREDENTIAL_PREFIX, hash_token
made = []
for number in range(16):
    server = make_server(make_location(f"place-{number}"), network_v4=f"10.99.{number}.0/24", network_v6=f"fd99:{number}::/64")
    credential = CREDENTIAL_PREFIX + secrets.token_urlsafe(32)
    NodeToken.objects.create(server=server, kind=NodeToken.Kind.CREDENTIAL, token_hash=hash_token(credential))
    made.append([server.location.slug, credential, str(server.epoch)])
print(json.dumps(made))
"""
HEARD = """
UPDATE vpn_nodestatus n SET last_report_at = now() - interval '15 s' FROM vpn_server s, vpn_location l
WHERE s.id = n.server_id AND l.id = s.location_id AND l.slug = %s
"""


class Fleet:
    """A control plane with two waiting processes, and nodes that nobody has used yet."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.ports = [stack.poll_port, free_port()]
        self.start_second()
        self.unused = json.loads(stack.manage("shell", "--verbosity", "0", "-c", MAKE).splitlines()[-1])

    def start_second(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "warning"]
        command += ["-k", "nexusvpn.waiting_worker.WaitingWorker", "-b", f"127.0.0.1:{self.ports[1]}"]
        self.stack.spawn("waiting-2", [*command, "nexusvpn.asgi"])
        give_up = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.ports[1])).close()
                return
            except OSError:
                assert time.monotonic() < give_up, self.stack.logs()
                time.sleep(0.05)


class Node:
    """A node on sockets that the test opens and closes."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.place, self.credential, self.epoch = fleet.unused.pop()
        self.open: list[socket.socket] = []
        fleet.stack.sql(HEARD, self.place)

    def hang(self, wait: int = 20, process: int = 0) -> socket.socket:
        """A request that hangs in one of the two waiting processes; it does when this returns."""
        link = socket.create_connection(("127.0.0.1", self.fleet.ports[process]))
        link.settimeout(30)
        head = f"GET /api/v1/node/state?epoch={self.epoch}&after=0&wait={wait} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        link.sendall(f"{head}Authorization: Bearer {self.credential}\r\n\r\n".encode())
        self.open.append(link)
        time.sleep(0.3)
        return link

    def is_online(self) -> bool:
        items = self.fleet.stack.api("GET", "locations").data["items"]
        return bool(next(item for item in items if item["slug"] == self.place)["online"])

    def goes(self, between: tuple[float, float]) -> None:
        """It is seen to be offline within that many seconds, and not before."""
        started = time.monotonic()
        while self.is_online():
            assert time.monotonic() - started < between[1], "it is still online"
            time.sleep(0.02)
        assert time.monotonic() - started > between[0]

    def stays(self, seconds: float) -> None:
        """Asked often enough to see any flicker that a person could see."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            assert self.is_online()
            time.sleep(0.04)

    def report(self) -> None:
        body: dict[str, Any] = {"report_id": 1, "epoch": self.epoch, "applied_rev": 0, "interface_epoch": "boot:1"}
        body |= {"agent_version": "0.1.0", "protocol_version": 1, "peers": []}
        answer = self.fleet.stack.api("POST", "node/report", body, self.credential)
        assert answer.status == 200, answer.body


@contextmanager
def fleet_of(folder: Path, **settings: str) -> Iterator[Fleet]:
    # The tests ask for the locations more often than a person may.
    settings["DJANGO_SETTINGS_MODULE"] = "tests.live.settings_without_limits"
    stack = Stack(os.environ["DATABASE_URL"], folder, settings=settings)
    try:
        stack.start()
        yield Fleet(stack)
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with fleet_of(tmp_path_factory.mktemp("stack")) as made:
        yield made


@pytest.fixture(scope="module")
def fleet_with_messages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    need(missing_for_redis())
    with local_redis.start() as url, fleet_of(tmp_path_factory.mktemp("stack"), REDIS_URL=url) as made:
        yield made


@contextmanager
def node_of(fleet: Fleet) -> Iterator[Node]:
    made = Node(fleet)
    assert made.is_online()
    yield made
    for link in made.open:
        link.close()


@pytest.fixture
def node(fleet: Fleet) -> Iterator[Node]:
    with node_of(fleet) as made:
        yield made


@pytest.fixture(params=["fleet", "fleet_with_messages"])
def either_node(request: pytest.FixtureRequest) -> Iterator[Node]:
    """Where there are two waiting processes it matters how they hear of each other."""
    with node_of(request.getfixturevalue(request.param)) as made:
        yield made


def test_a_connection_that_breaks_off_is_noticed_within_a_second_and_a_half(node: Node) -> None:
    node.hang().close()
    node.goes(between=(0.5, 1.5))


@pytest.mark.parametrize("process", [0, 1])
def test_a_node_that_comes_back_at_once_was_never_gone(either_node: Node, process: int) -> None:
    link = either_node.hang()
    link.close()
    time.sleep(0.3)
    either_node.hang(process=process)
    either_node.stays(4)


def test_a_lost_node_is_there_again_with_its_next_request(node: Node) -> None:
    node.hang().close()
    node.goes(between=(0.5, 1.5))
    node.hang(process=1)
    assert node.is_online()


def test_a_report_says_that_the_node_is_there_though_it_does_not_wait(node: Node) -> None:
    node.hang().close()
    node.goes(between=(0.5, 1.5))
    time.sleep(1)
    node.report()
    node.stays(4)


def test_a_report_that_was_under_way_when_the_connection_broke_off_hides_the_loss_for_a_moment_only(node: Node) -> None:
    node.hang().close()
    time.sleep(0.1)
    node.report()
    node.goes(between=(2.5, 4.5))


def test_a_node_that_does_not_ask_again_after_an_answer_is_gone_after_three_seconds(node: Node) -> None:
    link = node.hang(wait=1)
    assert link.recv(4096).startswith(b"HTTP/1.1 200")
    node.goes(between=(2.5, 4))


@pytest.mark.parametrize("process", [0, 1])
def test_the_older_of_two_connections_breaking_off_means_nothing(either_node: Node, process: int) -> None:
    older = either_node.hang(process=0)
    either_node.hang(process=process)
    older.close()
    either_node.stays(4)


def test_a_node_that_never_waited_is_left_alone(node: Node) -> None:
    node.report()
    node.stays(4)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_waiting_process_that_ends_takes_no_node_with_it(node: Node, how: signal.Signals) -> None:
    link = node.hang(process=1)
    started = time.monotonic()
    node.fleet.stack.end("waiting-2", how)
    if how == signal.SIGTERM:
        assert link.recv(4096).startswith(b"HTTP/1.1 200")
        assert time.monotonic() - started < 3
    node.stays(4)
    node.fleet.start_second()
