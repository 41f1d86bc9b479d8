"""A small supervisor: starts programs, shows what they print, and ends all of them together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from nexusvpn.local import places

KILL_AFTER_S = 10.0
PR_SET_PDEATHSIG = 1
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ChildEnded(Exception):
    """A program that should have gone on has ended."""

    def __init__(self, name: str, status: int) -> None:
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        super().__init__(f"{name} {how}.")


class Interrupted(KeyboardInterrupt):
    """Somebody asked the whole to end: Ctrl-C, SIGTERM or a closed terminal."""


def end_with_parent() -> None:
    """For `preexec_fn`: this child gets SIGTERM when its parent is gone, even if that one was killed with SIGKILL.

    SIGTERM and not SIGKILL, because a killed gunicorn would leave its workers behind and a killed agent its interface.
    """
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def ignore_interrupts() -> None:
    """From now on no signal disturbs the cleaning up."""
    for each in INTERRUPTS:
        signal.signal(each, signal.SIG_IGN)


@contextmanager
def interruptible() -> Iterator[None]:
    """In the block the first SIGINT, SIGTERM or SIGHUP raises Interrupted; later ones do not disturb the clean-up."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        ignore_interrupts()
        raise Interrupted

    former = {each: signal.signal(each, interrupt) for each in INTERRUPTS}
    try:
        yield
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals wait until the end of the block: a program started but not yet noted down would never be stopped."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _begin() -> None:
    end_with_parent()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)


class Child:
    """One running program in a session of its own, so that Ctrl-C in the terminal reaches only the supervisor."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], width: int) -> None:
        self.name = name
        self._prefix = f"{name:<{width}} | ".encode()
        self._process = subprocess.Popen(
            list(command),
            env=dict(env),
            cwd=places.CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_begin,
        )
        self._reader = threading.Thread(target=self._relay, name=f"output of {name}", daemon=True)
        self._reader.start()

    def status(self) -> int | None:
        """None while it runs, then its exit status, negative for a signal."""
        return self._process.poll()

    def stop(self) -> None:
        """SIGTERM to the whole group, SIGKILL to what is left of it when the first process has ended or time is up."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(KILL_AFTER_S)
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join(1)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _relay(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                try:
                    sys.stdout.buffer.write(self._prefix + line.rstrip(b"\n") + b"\n")
                    sys.stdout.buffer.flush()
                except (OSError, ValueError):
                    # Nobody reads any more; the program must not stand still for that.
                    continue


class Supervisor:
    """Starts programs in order and stops them in the opposite order; start it all from the main thread.

    (The kernel ties "the parent is gone" to the thread that started the child.)
    """

    def __init__(self, width: int = 6) -> None:
        self._width = width
        self._children: list[Child] = []

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        with _undisturbed():
            self._children.append(Child(name, command, env, self._width))

    def check(self) -> None:
        """Raises ChildEnded if one of the programs has ended."""
        for child in self._children:
            status = child.status()
            if status is not None:
                raise ChildEnded(child.name, status)

    def wait_until(self, ready: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Raises TimeoutError if `ready` stays false, ChildEnded if a program ends first."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not come up within {timeout_s:.0f} seconds.")
            time.sleep(0.1)

    def watch(self) -> None:
        """Returns never; raises ChildEnded as soon as one of the programs has ended."""
        while True:
            self.check()
            time.sleep(0.3)

    def stop(self) -> None:
        while self._children:
            self._children.pop().stop()
