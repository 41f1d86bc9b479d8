"""What is looked at to say whether the service is well, with django-health-check; each check ends within its time, whatever hangs.

What may hang runs in a daemon thread of its own that is waited for only so long; a check that still hangs from an earlier request is not
started again, so a hung database costs one thread a process, not one a request.
"""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta

import psutil
import psycopg
from django.conf import settings
from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable, ServiceWarning

from nexusvpn.connections import PatientConnection

MEMORY_LIMIT_BYTES = 500 * 1024 * 1024
DISK_LIMIT_PERCENT = 80.0
# The probe of each name that was started last, and when.
_running: dict[str, tuple[Future[None], float]] = {}
_lock = threading.Lock()


def _in_daemon_thread(name: str, probe: Callable[[], None]) -> tuple[Future[None], float]:
    """Start `probe` unless the one of this name still runs; returns the running one and the time of its start."""
    with _lock:
        running = _running.get(name)
        if running is not None and not running[0].done():
            return running
        future: Future[None] = Future()
        started = _running[name] = (future, time.monotonic())

    def work() -> None:
        try:
            probe()
        except BaseException as error:  # noqa: BLE001  (carried to the waiting request)
            future.set_exception(error)
        else:
            future.set_result(None)

    threading.Thread(target=work, name=f"health-{name}", daemon=True).start()
    return started


@dataclasses.dataclass
class BoundedCheck(HealthCheck):
    """A check whose probe may hang; `run` returns or raises within `timeout` of the probe's start, whoever started it."""

    timeout = timedelta(seconds=3)
    name = ""

    def probe(self) -> None:
        raise NotImplementedError

    async def run(self) -> None:
        running, started = _in_daemon_thread(self.name, self.probe)
        left = started + self.timeout.total_seconds() - time.monotonic()
        try:
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(running)), left)
        except TimeoutError:
            raise ServiceUnavailable(f"no answer within {self.timeout.total_seconds():g} s") from None


class ShortConnection(PatientConnection):
    """Ends before the check does, so that the next one looks afresh."""

    patience_s = 2.5


@dataclasses.dataclass
class Database(BoundedCheck):
    name = "database"

    def probe(self) -> None:
        parameters = connections[DEFAULT_DB_ALIAS].get_connection_params()
        wanted = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert")
        chosen = {key: value for key, value in parameters.items() if key in wanted and value}
        try:
            with ShortConnection.connect(**chosen, connect_timeout=3, options="-c statement_timeout=2500") as link:
                link.execute("SELECT 1")
        except psycopg.Error:
            raise ServiceUnavailable("cannot be reached") from None


@dataclasses.dataclass
class Migrations(BoundedCheck):
    name = "migrations"

    def probe(self) -> None:
        try:
            executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
            pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except Exception:  # noqa: BLE001  (whatever it is, the database check names the cause)
            raise ServiceUnavailable("cannot be read") from None
        finally:
            connections[DEFAULT_DB_ALIAS].close()
        if pending:
            raise ServiceUnavailable(f"{len(pending)} not applied")


@dataclasses.dataclass
class Cache(BoundedCheck):
    """Limits and wake-ups go on without Redis, slower; so its loss degrades and does not fail."""

    name = "cache"

    def probe(self) -> None:
        try:
            caches["default"].set("health", "works", 10)
            works = caches["default"].get("health") == "works"
        except Exception:  # noqa: BLE001  (any failure means the same)
            works = False
        if not works:
            raise ServiceWarning("does not answer; limits are counted in PostgreSQL")


@dataclasses.dataclass
class Memory(HealthCheck):
    name = "memory"

    async def run(self) -> None:
        used = psutil.Process().memory_info().rss
        if used > MEMORY_LIMIT_BYTES:
            raise ServiceUnavailable(f"the process uses {used // 2**20} MiB of {MEMORY_LIMIT_BYTES // 2**20}")


@dataclasses.dataclass
class Disk(HealthCheck):
    name = "disk"

    async def run(self) -> None:
        usage = shutil.disk_usage(settings.BASE_DIR)
        percent = 100 * usage.used / (usage.used + usage.free)
        if percent > DISK_LIMIT_PERCENT:
            raise ServiceUnavailable(f"{percent:.0f} % used, of {DISK_LIMIT_PERCENT:.0f} %")


@dataclasses.dataclass
class Internet(BoundedCheck):
    """Optional (HEALTH_INTERNET_URL): whether the world can be reached. Never fails the answer."""

    name = "internet"
    timeout = timedelta(seconds=2)

    def probe(self) -> None:
        try:
            request = urllib.request.Request(settings.HEALTH_INTERNET_URL, method="HEAD")  # noqa: S310  (the operator's own)
            urllib.request.urlopen(request, timeout=2).close()  # noqa: S310  (the operator's own setting)
        except (OSError, ValueError):
            raise ServiceWarning("cannot be reached") from None

    async def run(self) -> None:
        try:
            await super().run()
        except ServiceUnavailable as error:
            raise ServiceWarning(error.message) from None
