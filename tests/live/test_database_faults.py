"""PostgreSQL hung, killed and started again under a running service."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nexusvpn.local import places
from nexusvpn.local.postgres import Cluster
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
def stack(cluster: Cluster, tmp_path: Path) -> Iterator[Stack]:
    made = Stack(cluster.url, tmp_path)
    made.start()
    yield made
    for name in list(made._processes):
        made.end(name)


def freeze(cluster: Cluster, how: signal.Signals) -> None:
    """Stop or continue the postmaster and every backend of it."""
    postmaster = cluster.server_process()
    assert postmaster is not None
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for process in (postmaster, *map(int, children)):
        os.kill(process, how)


def test_health_answers_in_time_while_postgresql_hangs(stack: Stack, cluster: Cluster) -> None:
    assert call("GET", f"{stack.url}/api/health/readiness").status == 200
    freeze(cluster, signal.SIGSTOP)
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


def test_postgresql_killed_under_load_loses_nothing_acknowledged_and_doubles_nothing(
    stack: Stack, cluster: Cluster
) -> None:
    tokens = []
    for number in range(3):
        body = {"email": f"p{number}@example.com", "password": "a long enough secret"}
        tokens.append(stack.api("POST", "auth/register", body).data["token"])
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
