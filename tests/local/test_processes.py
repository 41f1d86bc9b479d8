"""The supervisor shows what its programs print and ends all of them, whatever happens to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from nexusvpn.local import processes
from nexusvpn.local.places import CHECKOUT
from nexusvpn.local.processes import ChildEnded, Interrupted, Supervisor, interruptible

SUPERVISED = """
import os
from nexusvpn.local.processes import Interrupted, Supervisor, ignore_interrupts, interruptible
supervisor = Supervisor()
try:
    with interruptible():
        try:
            supervisor.start("one", ["sh", "-c", "echo pid $$; exec sleep 100"], os.environ)
            supervisor.start("two", ["sh", "-c", "sleep 100 & echo pid $!; wait"], os.environ)
            supervisor.watch()
        finally:
            ignore_interrupts()
            supervisor.stop()
except Interrupted:
    print("stopped", flush=True)
"""


def runs(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor(width=3)
    yield supervisor
    supervisor.stop()


@pytest.fixture
def supervised() -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process with a supervisor, and the ids of a child and a grandchild."""
    command = [sys.executable, "-c", SUPERVISED]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        yield process, [int(line.rpartition(" ")[2]) for line in lines]
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(supervised: tuple[subprocess.Popen[str], list[int]], number: signal.Signals) -> None:
    process, children = supervised
    process.send_signal(number)
    process.send_signal(number)
    output, _ = process.communicate(timeout=10)
    assert output.endswith("stopped\n")
    assert process.returncode == 0
    # A killed grandchild is nobody's to wait for; it takes its moment.
    wait_until(lambda: not any(runs(child) for child in children))


def test_children_end_when_the_supervisor_is_killed(supervised: tuple[subprocess.Popen[str], list[int]]) -> None:
    process, children = supervised
    process.kill()
    wait_until(lambda: not runs(children[0]))


def test_output_carries_the_name_of_its_program(
    supervisor: Supervisor, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    supervisor.start("a", ["sh", "-c", "echo one; echo two >&2; printf three"], os.environ)
    with pytest.raises(ChildEnded):
        supervisor.watch()
    supervisor.stop()
    assert capfdbinary.readouterr().out == b"a   | one\na   | two\na   | three\n"


def test_the_end_of_one_program_is_told_with_its_status(supervisor: Supervisor) -> None:
    supervisor.start("on", ["sleep", "100"], os.environ)
    supervisor.start("off", ["sh", "-c", "exit 3"], os.environ)
    with pytest.raises(ChildEnded, match=re.escape("off ended with status 3.")):
        supervisor.watch()
    supervisor.start("hit", ["sh", "-c", "kill -9 $$"], os.environ)


def test_a_program_that_ends_while_it_is_waited_for_is_told_at_once(supervisor: Supervisor) -> None:
    supervisor.start("hit", ["sh", "-c", "kill -9 $$"], os.environ)
    with pytest.raises(ChildEnded, match="hit was ended by SIGKILL"):
        supervisor.wait_until(lambda: False, "It", 30)


def test_waiting_has_an_end(supervisor: Supervisor) -> None:
    with pytest.raises(TimeoutError, match="The web did not come up"):
        supervisor.wait_until(lambda: False, "The web", 0.1)


def test_a_program_that_ignores_sigterm_is_killed(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(processes, "KILL_AFTER_S", 0.3)
    supervisor.start("a", ["sh", "-c", "trap '' TERM; echo pid $$; while :; do sleep 0.1; done"], os.environ)
    seen = b""
    while b"pid" not in seen:
        seen += capfdbinary.readouterr().out
        time.sleep(0.02)
    supervisor.stop()
    assert not runs(int(seen.rpartition(b" ")[2]))


def test_only_the_first_signal_interrupts() -> None:
    # A shell that starts the tests in the background has SIGINT ignored.
    before = signal.getsignal(signal.SIGINT)
    with interruptible():
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is before
