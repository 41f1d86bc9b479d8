"""Health within one process; hung and killed databases are in tests/live."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings

from nexusvpn import health

pytestmark = pytest.mark.django_db(transaction=True)


def ask(path: str) -> tuple[int, dict[str, Any]]:
    answer = Client().get(f"/api/health{path}")
    assert answer.headers["Content-Type"] == "application/json"
    body = json.loads(answer.content)
    assert body["status_code"] == answer.status_code
    return answer.status_code, body["data"]


@pytest.fixture(autouse=True)
def _room_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that tests is not what is tested."""
    monkeypatch.setattr(health, "DISK_LIMIT_PERCENT", 101.0)
    monkeypatch.setattr(health, "MEMORY_LIMIT_BYTES", 2**40)


def test_everything_is_well() -> None:
    status, data = ask("")
    assert (status, data["status"]) == (200, "ok"), data
    assert set(data["checks"]) == {"database", "migrations", "cache", "memory", "disk"}
    assert {check["status"] for check in data["checks"].values()} == {"ok"}


def test_liveness_touches_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert ask("/liveness") == (200, {"status": "ok"})


def test_a_pending_migration_is_not_ready() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'support' RETURNING app, name, applied")
        removed = cursor.fetchall()
        try:
            status, data = ask("/readiness")
        finally:
            cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", removed)
    assert (status, data["checks"]["migrations"]["status"]) == (503, "unavailable")


def test_too_much_memory_or_disk_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "MEMORY_LIMIT_BYTES", 1)
    monkeypatch.setattr(health, "DISK_LIMIT_PERCENT", 0.0)
    status, data = ask("")
    assert (status, data["status"]) == (503, "unavailable")
    assert {name for name, check in data["checks"].items() if check["status"] != "ok"} == {"memory", "disk"}
    assert ask("/readiness")[0] == 200


@override_settings(HEALTH_INTERNET_URL="http://127.0.0.1:1/")
def test_without_the_internet_the_answer_is_degraded_and_200() -> None:
    status, data = ask("")
    assert (status, data["status"]) == (200, "degraded"), data
    assert data["checks"]["internet"]["status"] == "degraded"


def test_the_database_gets_three_seconds() -> None:
    assert health.Database.timeout.total_seconds() == 3
