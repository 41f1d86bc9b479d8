"""A private Redis on a Unix socket, for tests and benchmarks."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nexusvpn.local.places import LocalServiceError
from nexusvpn.local.processes import end_with_parent

START_TIMEOUT_S = 10.0


def why_not() -> str | None:
    """Why no Redis can be started here, or None."""
    return None if shutil.which("redis-server") else "redis-server is not installed"


@contextmanager
def start() -> Iterator[str]:
    """A Redis that keeps nothing on disk and ends with the block or with this process; yields its REDIS_URL.

    Raises LocalServiceError when there is no redis-server or it does not answer.
    """
    reason = why_not()
    if reason:
        raise LocalServiceError(reason)
    # In /tmp whatever TMPDIR says: the path of a Unix socket ends at 107 characters.
    with tempfile.TemporaryDirectory(prefix="nexusvpn-redis-", dir="/tmp") as folder:
        path = Path(folder, "redis.sock")
        settings = {"port": "0", "unixsocket": str(path), "unixsocketperm": "700", "dir": folder}
        settings |= {"save": "", "appendonly": "no", "daemonize": "no"}
        command = ["redis-server", *(part for key, value in settings.items() for part in (f"--{key}", value))]
        with Path(folder, "redis.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=end_with_parent
            )
        try:
            _wait_for_answer(path, process, Path(folder, "redis.log"))
            yield f"unix://{path}"
        finally:
            process.kill()
            process.wait()


def _wait_for_answer(path: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(path):
        if process.poll() is not None or time.monotonic() > deadline:
            raise LocalServiceError(f"redis-server did not start: {log.read_text(errors='replace').strip()}")
        time.sleep(0.02)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
