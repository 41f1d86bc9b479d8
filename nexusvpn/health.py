"""Health, with django-health-check: JSON in the envelope, 200 or 503, within a bounded time whatever hangs.

Each check runs in a daemon thread of its own that is waited for only so long; a check that still hangs from an earlier request is not
started again, so a hung database costs one thread a process, not one a request.
"""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import psutil
import psycopg
from django.conf import settings
from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable, ServiceWarning
from health_check.views import HealthCheckView

from nexusvpn.api.envelope import data_response, envelope

MEMORY_LIMIT_BYTES = 500 * 1024 * 1024
DISK_LIMIT_PERCENT = 80.0
_running: dict[str, Future[None]] = {}
_lock = threading.Lock()


def _in_daemon_thread(name: str, probe: Callable[[], None]) -> Future[None]:
    """Start `probe` unless the one of this name still runs; returns the running one."""
    with _lock:
        running = _running.get(name)
        if running is not None and not running.done():
            return running
        future: Future[None] = Future()
        _running[name] = future

    def work() -> None:
        try:
            probe()
        except BaseException as error:  # noqa: BLE001  (carried to the waiting request)
            future.set_exception(error)
        else:
            future.set_result(None)

    threading.Thread(target=work, name=f"health-{name}", daemon=True).start()
    return future


@dataclasses.dataclass
class BoundedCheck(HealthCheck):
    """A check whose probe may hang; `run` returns or raises within `timeout`."""

    timeout = timedelta(seconds=3)
    name = ""

    def probe(self) -> None:
        raise NotImplementedError

    async def run(self) -> None:
        future = asyncio.wrap_future(_in_daemon_thread(self.name, self.probe))
        try:
            await asyncio.wait_for(asyncio.shield(future), self.timeout.total_seconds())
        except TimeoutError:
            raise ServiceUnavailable(f"no answer within {self.timeout.total_seconds():g} s") from None


@dataclasses.dataclass
class Database(BoundedCheck):
    name = "database"

    def probe(self) -> None:
        parameters = connections[DEFAULT_DB_ALIAS].get_connection_params()
        wanted = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert")
        chosen = {key: value for key, value in parameters.items() if key in wanted and value}
        try:
            with psycopg.connect(**chosen, connect_timeout=3, options="-c statement_timeout=2500") as link:
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


class JsonHealthView(HealthCheckView):
    """200 when everything serves (perhaps degraded), 503 when something needed is missing."""

    async def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        results = await asyncio.gather(*(check.get_result() for check in self.get_checks()))
        checks: dict[str, dict[str, Any]] = {}
        for result in results:
            error = result.error
            status = "ok" if error is None else "degraded" if isinstance(error, ServiceWarning) else "unavailable"
            checks[result.check.name] = {
                "status": status,
                "detail": "" if error is None else error.message,
                "ms": round(result.time_taken * 1000, 1),
            }
        worst = {entry["status"] for entry in checks.values()}
        overall = "unavailable" if "unavailable" in worst else "degraded" if "degraded" in worst else "ok"
        status_code = 503 if overall == "unavailable" else 200
        data = {"status": overall, "checks": checks}
        body = envelope(request, status_code, "Success" if status_code == 200 else "Unavailable", data)
        response = HttpResponse(body, status=status_code, content_type="application/json")
        if status_code == 503:
            response.headers["Retry-After"] = "5"
        return response


class AllChecks(JsonHealthView):
    checks = [Database, Migrations, Cache, Memory, Disk]

    def get_checks(self) -> Any:
        yield from super().get_checks()
        if settings.HEALTH_INTERNET_URL:
            yield Internet()


class Readiness(JsonHealthView):
    """What is needed to serve a request: the database, at this version's schema."""

    checks = [Database, Migrations, Cache]


def liveness(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing."""
    return data_response(request, 200, {"status": "ok"})
