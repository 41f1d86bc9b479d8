"""Health within one process; hung and killed databases are in tests/live."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings

from nexusvpn import health, health_checks

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
    monkeypatch.setattr(health_checks, "DISK_LIMIT_PERCENT", 101.0)
    monkeypatch.setattr(health_checks, "MEMORY_LIMIT_BYTES", 2**40)


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees another's results."""
    monkeypatch.setattr(health, "_kept", {})


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
    monkeypatch.setattr(health_checks, "MEMORY_LIMIT_BYTES", 1)
    monkeypatch.setattr(health_checks, "DISK_LIMIT_PERCENT", 0.0)
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
    assert health_checks.Database.timeout.total_seconds() == 3


class TestManyRequests:
    @pytest.fixture
    def connects(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """Fills with the time of each connection that the database's check makes."""
        made: list[float] = []
        probe = health_checks.Database.probe

        def counted(check: health_checks.Database) -> None:
            made.append(time.monotonic())
            probe(check)

        monkeypatch.setattr(health_checks.Database, "probe", counted)
        return made

    def test_a_flood_costs_one_look_a_second(self, connects: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(20):
            assert ask("/readiness")[0] == 200
            assert ask("")[0] == 200
        assert len(connects) == 1
        monkeypatch.setattr(health, "KEPT_S", 0.0)
        assert ask("/readiness")[0] == 200
        assert len(connects) == 2

    def test_who_comes_later_waits_only_for_what_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A check that hangs is given its time once, not once a request."""
        hanging = threading.Event()
        monkeypatch.setattr(health, "KEPT_S", 0.0)
        monkeypatch.setattr(health_checks.Database, "timeout", timedelta(seconds=0.4))
        monkeypatch.setattr(health_checks.Database, "probe", lambda check: hanging.wait(30))
        try:
            assert ask("/readiness")[0] == 503
            started = time.monotonic()
            assert ask("/readiness")[0] == 503
            assert time.monotonic() - started < 0.3
        finally:
            hanging.set()


@pytest.mark.parametrize("path", ["health", "health/liveness", "health/readiness", "schema", "docs"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_what_only_reads_refuses_other_methods_in_the_envelope(path: str, method: str) -> None:
    answer = Client(enforce_csrf_checks=True).generic(
        method, f"/api/{path}", b"x=1", "application/x-www-form-urlencoded"
    )
    body = json.loads(answer.content)
    assert (answer.status_code, body["error"]["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["", "/liveness", "/readiness"])
def test_a_head_request_is_answered_like_its_get(path: str) -> None:
    answer = Client().head(f"/api/health{path}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
