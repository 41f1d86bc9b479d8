"""PostgreSQL hung, killed and started again under a running service."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nexusvpn.health import KEPT_S
from nexusvpn.local import places
from nexusvpn.local.postgres import Cluster
from tests.live.liveness import liveness
from tests.live.stack import Stack, call

pytestmark = pytest.mark.live


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A PostgreSQL of this test's own, durable as in production, that nobody else minds losing."""
    own = Cluster(f"fault{os.getpid()}", True, places.CHECKOUT)
    own.start()
    yield own
    process = own.server_process()
    if process is not None:
        os.kill(process, signal.SIGCONT)
    own.stop()
    shutil.rmtree(own.data)


@pytest.fixture
def running(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """Starts a control plane on that PostgreSQL, with the options that the test names."""
    made: list[Stack] = []

    def start(**options: Any) -> Stack:
        made.append(Stack(cluster.url, tmp_path, **options))
        made[0].start()
        return made[0]

    yield start
    for stack in made:
        for name in list(stack._processes):
            stack.end(name)


@pytest.fixture
def stack(running: Callable[..., Stack]) -> Stack:
    return running()


def freeze(cluster: Cluster, how: signal.Signals) -> None:
    """Stop or continue the postmaster and every backend of it."""
    postmaster = cluster.server_process()
    assert postmaster is not None
    # First of all, so that it makes no child that is not on the list.
    os.kill(postmaster, how)
    for child in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        os.kill(int(child), how)


def test_health_answers_in_time_while_postgresql_hangs(stack: Stack, cluster: Cluster) -> None:
    assert call("GET", f"{stack.url}/api/health/readiness").status == 200
    freeze(cluster, signal.SIGSTOP)
    # What it has just found it may tell for a second.
    time.sleep(KEPT_S)
    try:
        for path, expected in (("liveness", 200), ("readiness", 503), ("", 503)):
            started = time.monotonic()
            answer = call("GET", f"{stack.url}/api/health/{path}")
            took = time.monotonic() - started
            assert answer.status == expected, answer.body
            assert took < 4.5, f"/api/health/{path} took {took:.1f} s"
            if expected == 503:
                assert answer.data["checks"]["database"]["status"] == "unavailable"
                assert int(answer.headers["Retry-After"]) > 0
    finally:
        freeze(cluster, signal.SIGCONT)
    deadline = time.monotonic() + 10
    while call("GET", f"{stack.url}/api/health/readiness").status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


CLIENTS = 64


@dataclass(frozen=True)
class Asked:
    asked: float
    came: float
    status: int


class Load:
    """Clients who ask for the locations again and again, each on its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[Asked] = []
        self._over = threading.Event()
        self._clients = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]

    def _ask(self) -> None:
        while not self._over.is_set():
            started = time.monotonic()
            answer = call("GET", f"{self.url}/api/v1/locations")
            self.answers.append(Asked(started, time.monotonic(), answer.status))
            assert answer.status == 200 or int(answer.headers["Retry-After"]) > 0
            time.sleep(0.4)

    def __enter__(self) -> Load:
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        for client in self._clients:
            client.join(60)
        assert not any(client.is_alive() for client in self._clients)


HUNG = {"DJANGO_SETTINGS_MODULE": "tests.live.settings_without_limits", "DATABASE_STATEMENT_TIMEOUT_MS": "3000"}


def test_under_load_a_hung_postgresql_holds_up_neither_liveness_nor_health(
    cluster: Cluster, running: Callable[..., Stack]
) -> None:
    stack = running(settings=HUNG)
    with Load(stack.url) as load, ThreadPoolExecutor(4) as probes:
        before = liveness(stack.url, 2)
        freeze(cluster, signal.SIGSTOP)
        frozen = time.monotonic()
        try:
            meanwhile = probes.submit(liveness, stack.url, 8)
            # Health may tell for a second what it has just found.
            time.sleep(KEPT_S)
            while time.monotonic() < frozen + 8:
                started = time.monotonic()
                health = [probes.submit(call, "GET", f"{stack.url}/api/health{path}") for path in ("", "/readiness")]
                assert {probe.result().status for probe in health} == {503}
                assert time.monotonic() - started < 4.5
            # A machine that is busy with other things delays an answer now and then, before as well.
            assert meanwhile.result().usual < max(0.1, 2 * before.usual)
            assert meanwhile.result().slowest < 1
        finally:
            thawed = time.monotonic()
            freeze(cluster, signal.SIGCONT)
        time.sleep(6)
    assert call("GET", f"{stack.url}/api/health/readiness").status == 200
    asked_meanwhile = [each for each in load.answers if each.asked > frozen and each.came < thawed]
    assert {each.status for each in asked_meanwhile} == {503}
    # Nobody waits longer than for the server's silence to be noticed; whoever comes after that is told at once.
    assert max(each.came - each.asked for each in load.answers) < 8
    assert len(asked_meanwhile) > 2 * CLIENTS
    refused_last = max(each.came for each in load.answers if each.status == 503)
    assert refused_last - thawed < 5
    assert {each.status for each in load.answers if each.asked > refused_last} == {200}


def test_the_negative_control_with_threads_for_everybody_liveness_waits_too(
    cluster: Cluster, running: Callable[..., Stack]
) -> None:
    stack = running(settings=HUNG, worker_class="gthread")
    with Load(stack.url):
        time.sleep(1)
        freeze(cluster, signal.SIGSTOP)
        try:
            assert liveness(stack.url, 2).slowest > 1
        finally:
            freeze(cluster, signal.SIGCONT)


def test_waiting_nodes_are_told_at_once_that_postgresql_hangs(stack: Stack, cluster: Cluster) -> None:
    state = f"http://127.0.0.1:{stack.poll_port}/api/v1/node/state?after=0"
    freeze(cluster, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(32) as nodes:
            first = list(nodes.map(lambda _: call("GET", state, token="nvn_x"), range(32)))
        started = time.monotonic()
        later = call("GET", state, token="nvn_x")
        took = time.monotonic() - started
    finally:
        freeze(cluster, signal.SIGCONT)
    assert {answer.status for answer in [*first, later]} == {503}
    assert took < 1
    deadline = time.monotonic() + 5
    while call("GET", state, token="nvn_x").status == 503:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_postgresql_killed_under_load_loses_nothing_acknowledged_and_doubles_nothing(
    stack: Stack, cluster: Cluster
) -> None:
    tokens = [stack.new_customer(f"p{number}@example.com") for number in range(3)]
    stop_at = time.monotonic() + 6
    strange: list[object] = []

    def work(number: int) -> int:
        """Open tickets, each under a subject of its own, until the time is over; returns how many were acknowledged."""
        made = 0
        while time.monotonic() < stop_at:
            body = {"subject": f"{number}-{made}", "message": "hello hello", "priority": "low"}
            answer = stack.api("POST", "tickets", body, tokens[number])
            if answer.status == 201:
                made += 1
            elif answer.status == 503:
                assert answer.headers.get("Retry-After")
                time.sleep(0.05)
            elif answer.status == 429:
                break
            else:
                strange.append(answer.body)
        return made

    with ThreadPoolExecutor(4) as crowd:
        running = [crowd.submit(work, number) for number in range(3)]
        for _ in range(3):
            time.sleep(1.2)
            postmaster = cluster.server_process()
            assert postmaster is not None
            os.kill(postmaster, signal.SIGKILL)
            cluster.start()
        acknowledged = [future.result() for future in running]
    assert not strange
    assert sum(acknowledged) > 0
    for number, count in enumerate(acknowledged):
        found = stack.sql(
            "SELECT subject, count(*) FROM support_ticket WHERE subject LIKE %s GROUP BY 1", f"{number}-%"
        )
        subjects = {subject for subject, _ in found}
        assert {f"{number}-{made}" for made in range(count)} <= subjects
    # By itself, within five seconds of the last start.
    deadline = time.monotonic() + 5
    while stack.api("GET", "tickets", token=tokens[0]).status not in (200, 429):
        assert time.monotonic() < deadline
        time.sleep(0.1)
