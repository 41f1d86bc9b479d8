"""Health as JSON in the envelope: 200 or 503, within a bounded time whatever hangs, and at no cost however often it is asked for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from health_check.base import HealthCheck, HealthCheckResult
from health_check.exceptions import ServiceWarning

from nexusvpn.api.envelope import data_response
from nexusvpn.api.read_only import read_only
from nexusvpn.health_checks import Cache, Database, Disk, Internet, Memory, Migrations

# Health is not limited, so a result serves everybody who asks within this time.
KEPT_S = 1.0
_kept: dict[str, tuple[float, HealthCheckResult]] = {}


@read_only
def liveness(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing."""
    return data_response(request, 200, {"status": "ok"})


@read_only
def readiness(request: HttpRequest) -> HttpResponse:
    """What is needed to serve a request: the database, at this version's schema."""
    return _answer(request, [Database(), Migrations(), Cache()])


@read_only
def all_checks(request: HttpRequest) -> HttpResponse:
    internet = [Internet()] if settings.HEALTH_INTERNET_URL else []
    return _answer(request, [Database(), Migrations(), Cache(), Memory(), Disk(), *internet])


def _answer(request: HttpRequest, checks: Sequence[HealthCheck]) -> HttpResponse:
    """200 when everything serves (perhaps degraded), 503 when something needed is missing."""
    reports = {result.check.name: _report(result) for result in _results(checks)}
    worst = {report["status"] for report in reports.values()}
    overall = "unavailable" if "unavailable" in worst else "degraded" if "degraded" in worst else "ok"
    data = {"status": overall, "checks": reports}
    if overall != "unavailable":
        return data_response(request, 200, data)
    response = data_response(request, 503, data, "Unavailable")
    response.headers["Retry-After"] = "5"
    return response


def _report(result: HealthCheckResult) -> dict[str, Any]:
    error = result.error
    return {
        "status": "ok" if error is None else "degraded" if isinstance(error, ServiceWarning) else "unavailable",
        "detail": "" if error is None else error.message,
        "ms": round(result.time_taken * 1000, 1),
    }


def _results(checks: Sequence[HealthCheck]) -> list[HealthCheckResult]:
    """The result of each check, at most KEPT_S old."""
    oldest = time.monotonic() - KEPT_S
    stale = [check for check in checks if _kept.get(check.name, (0.0,))[0] <= oldest]
    if stale:
        for result in async_to_sync(_run)(stale):
            _kept[result.check.name] = (time.monotonic(), result)
    return [_kept[check.name][1] for check in checks]


async def _run(checks: Sequence[HealthCheck]) -> list[HealthCheckResult]:
    return await asyncio.gather(*(check.get_result() for check in checks))
