"""Starting what is measured as it is served in production, and reading what it costs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nexusvpn.local.processes import end_with_parent

ROOT = Path(__file__).resolve().parents[1]
# As `nexusvpn.local.stack` starts it.
GUNICORN = ("--no-control-socket", "--log-level", "warning", "--reuse-port")
WEB = ("--worker-class", "nexusvpn.web_worker.WebWorker", "--workers", "2", "--threads", "8")
WAITING = ("--worker-class", "nexusvpn.waiting_worker.WaitingWorker", "--workers", "1")
READY_WITHIN_S = 30.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running gunicorn: its ports on 127.0.0.1, and the CPU time of all its processes."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def cpu_s(self) -> float:
        """Of the master and its workers."""
        return family_cpu_s(self.process.pid)


def family_cpu_s(pid: int) -> float:
    """Seconds of CPU, user and system, of a process and its children, ended ones included."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(_cpu_ticks(each) for each in (str(pid), *children)) / TICKS_PER_S


def _cpu_ticks(pid: str) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return 0
    # After the name, which may itself hold blanks: utime, stime, cutime, cstime are the fields 14 to 17.
    return sum(int(value) for value in text.rpartition(")")[2].split()[11:15])


@contextmanager
def gunicorn(
    application: str,
    environment: dict[str, str],
    folder: Path,
    kind: tuple[str, ...] = WEB,
    *,
    also_on: str | None = None,
    port: int = 0,
) -> Iterator[Server]:
    """Serve `application` on `port` (default: a free one) of 127.0.0.1, and of the address `also_on`, until the block ends."""
    port = port or free_port()
    binds = [part for host in ("127.0.0.1", also_on) if host for part in ("--bind", f"{host}:{port}")]
    command = [sys.executable, "-m", "gunicorn", *GUNICORN, *kind, *binds, application]
    log = folder / f"{application.partition(':')[0]}-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    try:
        _wait_until_ready(port, process, log)
        yield Server(port, process, log)
    finally:
        end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a group, and its group, at once: a graceful end would wait for requests that hang for 30 s."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers one request of any kind: then at least one worker has loaded the application."""
    deadline = time.monotonic() + READY_WITHIN_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"gunicorn did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            link.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return link.recv(64).startswith(b"HTTP/1.1 ")
    except OSError:
        return False
