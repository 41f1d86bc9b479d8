"""Processes that use an embedded cluster, as `make run` and `manage.py shell` do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType

import psycopg

from nexusvpn.local.places import CHECKOUT

PROGRAM = """
import sys
from pathlib import Path
from nexusvpn.local.postgres import ensure_running
print(ensure_running("t", durable=sys.argv[2] == "durable", checkout=Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


class UserProcess:
    """Uses the cluster `t` of a checkout from `url` on until `end` or `kill`."""

    def __init__(self, checkout: Path, *, durable: bool = False) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(checkout), "durable" if durable else "fast"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def url(self) -> str:
        """Waits until the cluster runs."""
        assert self._process.stdout is not None
        url = self._process.stdout.readline().strip()
        assert url, "the process ended without a cluster"
        return url

    def end(self) -> None:
        self._process.communicate(timeout=60)
        assert self._process.returncode == 0

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> UserProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            self.kill()


def fetch(url: str, query: str) -> object:
    """The first column of the query's first row, or None when it has no rows."""
    with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None
