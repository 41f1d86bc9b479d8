"""A crowd at the sign-in with passwords as large as a body may be: nobody else waits for it, and it costs no memory."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nexusvpn.local.processes import end_with_parent
from tests.databases import ROOT
from tests.live.conftest import StackMaker
from tests.live.login_crowd import PEOPLE
from tests.live.stack import Stack

pytestmark = pytest.mark.live
SAMPLES = 150
# Whoever comes next stands behind the 200 who came at once. Were their passwords hashed, or read letter by letter before they are
# refused, that would take seconds; so it is told from a machine that does other things too.
FLOOR_S = 0.5
# Two processes that hashed two of these at a time would take 184 MiB.
MOST_GROWTH_KB = 128 * 1024


def processes(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *(int(child) for child in children)]


def peak_kb(pids: list[int]) -> int:
    """The largest memory that these processes have ever held, together, in kB."""
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def probe(stack: Stack, samples: int) -> list[float]:
    """Seconds that each of so many questions to the database took, one after the other, each on a connection of its own."""
    taken = []
    for _ in range(samples):
        started = time.perf_counter()
        link = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
        link.request("GET", "/api/v1/locations")
        answer = link.getresponse()
        answer.read()
        link.close()
        taken.append(time.perf_counter() - started)
        assert answer.status == 200
    return taken


@contextmanager
def crowd(stack: Stack) -> Iterator[dict[str, int]]:
    """Fills at its end with how often each status was answered."""
    statuses: dict[str, int] = {}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.live.login_crowd", str(stack.port)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_parent,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    yield statuses
    told, _ = process.communicate(timeout=90)
    statuses.update(json.loads(told))


def test_200_logins_at_once_with_huge_passwords_slow_nobody_and_take_no_memory(make_stack: StackMaker) -> None:
    stack = make_stack(workers=2, settings={"DJANGO_SETTINGS_MODULE": "tests.live.settings_without_limits"})
    stack.manage("create_demo_data")
    pids = processes(stack.process_id("web"))
    # What the first sign-in loads is not the crowd's doing.
    for _ in range(20):
        assert stack.api("POST", "auth/login", {"email": "a@example.com", "password": "x" * 129}).status == 400
    probe(stack, 20)
    idle, before = p99(probe(stack, SAMPLES)), peak_kb(pids)
    with crowd(stack) as statuses:
        crowded = probe(stack, SAMPLES)
    assert set(statuses) == {"400"}
    assert statuses["400"] >= PEOPLE
    grown = peak_kb(pids) - before
    print(f"idle {idle * 1000:.1f} ms, crowded {p99(crowded) * 1000:.1f} ms, grown {grown} kB")
    assert grown < MOST_GROWTH_KB
    assert p99(crowded) <= max(3 * idle, FLOOR_S), f"idle {idle * 1000:.1f} ms, crowded {p99(crowded) * 1000:.1f} ms"
