"""A crowd at the sign-in with passwords as large as a body may be: nobody else waits for it, and it costs no memory."""

from __future__ import annotations

import http.client
import json
import threading
import time
from pathlib import Path

import pytest

from tests.live.conftest import StackMaker
from tests.live.stack import Stack

pytestmark = pytest.mark.live
CROWD = 200
# The body may have 256 KiB.
HUGE = "x" * 250_000
SAMPLES = 200
# Under this a p99 on a machine that does other things too says nothing.
FLOOR_S = 0.1
# Where each process may hash two at a time, hashing would take more than this.
MOST_GROWTH_KB = 96 * 1024


def processes(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *(int(child) for child in children)]


def peak_kb(pids: list[int]) -> int:
    """The largest memory that these processes have ever held together, in kB."""
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


class Prober:
    """Asks for something that needs the database, again and again, on one connection."""

    def __init__(self, stack: Stack) -> None:
        self._port = stack.port
        self.times: list[float] = []

    def ask(self, samples: int) -> list[float]:
        link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        taken = []
        for _ in range(samples):
            started = time.perf_counter()
            link.request("GET", "/api/v1/locations")
            answer = link.getresponse()
            answer.read()
            taken.append(time.perf_counter() - started)
            assert answer.status == 200
        link.close()
        return taken


class Crowd:
    """Signs in with CROWD connections at once, all over again until it is told to end."""

    def __init__(self, stack: Stack) -> None:
        self._port = stack.port
        self._body = json.dumps({"email": "a@example.com", "password": HUGE})
        self._over = threading.Event()
        self._gate = threading.Barrier(CROWD)
        self.statuses: list[int] = []
        self._threads = [threading.Thread(target=self._run) for _ in range(CROWD)]

    def _run(self) -> None:
        self._gate.wait(30)
        while not self._over.is_set():
            link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            link.request("POST", "/api/v1/auth/login", self._body, {"Content-Type": "application/json"})
            answer = link.getresponse()
            answer.read()
            link.close()
            self.statuses.append(answer.status)
            # The crowd is one of people: it must not take the machine's whole time for itself.
            self._over.wait(2)

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(70)


def test_200_logins_at_once_with_huge_passwords_slow_nobody_and_take_no_memory(make_stack: StackMaker) -> None:
    stack = make_stack(workers=2, settings={"DJANGO_SETTINGS_MODULE": "tests.live.settings_without_limits"})
    stack.manage("create_demo_data")
    pids = processes(stack.process_id("web"))
    prober = Prober(stack)
    prober.ask(20)
    idle, before = p99(prober.ask(SAMPLES)), peak_kb(pids)
    with Crowd(stack) as attack:
        crowded: list[float] = []
        until = time.monotonic() + 6
        while time.monotonic() < until or len(crowded) < SAMPLES:
            crowded += prober.ask(10)
    assert len(attack.statuses) >= CROWD
    assert set(attack.statuses) == {400}
    assert peak_kb(pids) - before < MOST_GROWTH_KB
    assert p99(crowded) <= max(3 * idle, FLOOR_S), f"idle {idle * 1000:.1f} ms, crowded {p99(crowded) * 1000:.1f} ms"
