"""From an empty database to the present one: quickly, and with dj-stripe's tables as its own migrations would make them."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import djstripe.migrations
import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
AT_MOST_S = 10.0
_TICKS = os.sysconf("SC_CLK_TCK")


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The address of a database in which there is nothing."""
    url = os.environ["DATABASE_URL"]
    name = f"migrated_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{name}"')
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        link.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class ServerTime:
    """Processor seconds that PostgreSQL spends on the connections to one database, read from the kernel while they last."""

    def __init__(self, database_url: str) -> None:
        self._link = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        self._database = urlsplit(database_url).path[1:]
        self._seconds: dict[int, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> ServerTime:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(5)
        self._link.close()

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            found = self._link.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [self._database])
            for (pid,) in found.fetchall():
                with suppress(OSError):
                    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                    self._seconds[pid] = (int(fields[11]) + int(fields[12])) / _TICKS

    def total(self) -> float | None:
        """None where the server runs on another machine."""
        return sum(self._seconds.values()) if self._seconds else None


def spent_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_fresh_migrate_takes_ten_seconds_at_most(empty_database: str) -> None:
    """By the clock or, on a machine that has other things to do as well, by what both sides had of the processor."""
    before, started = spent_by_children(), time.monotonic()
    with ServerTime(empty_database) as server:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": empty_database, "DEBUG": "true"},
            check=True,
        )
    by_the_clock = time.monotonic() - started
    ours, theirs = spent_by_children() - before, server.total()
    print(f"\nmigrate: {by_the_clock:.1f} s by the clock, {ours:.1f} s of ours and {theirs or 0:.1f} s of PostgreSQL's")
    with psycopg.connect(empty_database) as link:
        tables = {row[0] for row in link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert {"billing_ledgerentry", "djstripe_customer", "procrastinate_jobs", "accounts_user"} <= tables
    assert min(by_the_clock, ours + theirs if theirs is not None else by_the_clock) <= AT_MOST_S


def test_dj_stripes_one_migration_replaces_exactly_those_of_the_installed_version() -> None:
    """Whoever updates dj-stripe makes it anew; `makemigrations --check` holds the models to it."""
    folder = Path(djstripe.migrations.__file__ or "").parent
    installed = sorted(path.stem for path in folder.glob("[0-9]*.py"))
    ours = sorted(path.stem for path in (ROOT / "nexusvpn/djstripe_migrations").glob("[0-9]*.py"))
    (name,) = ours
    migration = importlib.import_module(f"nexusvpn.djstripe_migrations.{name}").Migration
    assert sorted(migration.replaces) == [("djstripe", each) for each in installed]
    # Named after the version that it is of.
    version = "_".join(importlib.metadata.version("dj-stripe").split(".")[:2])
    assert name.endswith(f"_at_{version}")
