"""A server that says nothing costs a bounded time once, and then nothing until it speaks again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client, RequestFactory
from psycopg import errors
from psycopg_pool import PoolTimeout

from accounts import hashers
from nexusvpn import connections
from nexusvpn.connections import Gate, PatientConnection
from nexusvpn.db import note_lost_database
from nexusvpn.pages import exception_page
from tests.api_client import ApiClient


@pytest.fixture(autouse=True)
def gate(settings: Any) -> Iterator[Gate]:
    """The gate of a process with a pool, open again after the test."""
    settings.DATABASE_POOL_SIZE = 2
    yield connections.gate
    connections.gate.open()


class Hasty(PatientConnection):
    patience_s = 0.3


@pytest.fixture
def link(db: None) -> Iterator[Hasty]:
    known = connection.get_connection_params()
    chosen: dict[str, Any] = {name: known[name] for name in ("host", "user", "dbname") if known.get(name)}
    made = Hasty.connect(**chosen, autocommit=True)
    yield made
    made.close()


class TestPatience:
    def test_a_server_that_does_not_answer_is_given_up_and_the_connection_with_it(
        self, link: Hasty, gate: Gate
    ) -> None:
        started = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            link.execute("SELECT pg_sleep(3)")
        assert time.monotonic() - started < 2
        assert link.closed
        gate.admits()
        assert not gate.admits()

    def test_a_statement_that_the_server_ends_keeps_its_connection(self, link: Hasty, gate: Gate) -> None:
        link.execute("SET statement_timeout = 50")
        with pytest.raises(errors.QueryCanceled):
            link.execute("SELECT pg_sleep(3)")
        assert link.execute("SELECT 1").fetchone() == (1,)
        assert all(gate.admits() for _ in range(5))

    def test_an_answer_to_anybody_opens_the_gate(self, link: Hasty, gate: Gate) -> None:
        gate.shut()
        link.execute("SELECT 1")
        assert all(gate.admits() for _ in range(5))

    def test_who_waits_for_messages_may_take_longer(self, link: Hasty, gate: Gate) -> None:
        assert list(link.notifies(timeout=0.6)) == []
        assert not link.closed


class TestGate:
    def test_while_it_is_shut_one_a_second_is_let_through(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 100.0
        monkeypatch.setattr("nexusvpn.connections.time", SimpleNamespace(monotonic=lambda: now))
        gate = Gate()
        assert all(gate.admits() for _ in range(5))
        gate.shut()
        assert not any(gate.admits() for _ in range(5))
        now += connections.TRIAL_EVERY_S
        assert [gate.admits() for _ in range(3)] == [True, False, False]
        gate.open()
        assert all(gate.admits() for _ in range(5))

    @pytest.mark.parametrize("error", [PoolTimeout("none free"), errors.ConnectionTimeout("no answer")])
    def test_a_wait_in_vain_for_a_connection_shuts_it(self, gate: Gate, error: Exception) -> None:
        wrapped = psycopg.OperationalError("lost")
        wrapped.__cause__ = error
        answer = exception_page(RequestFactory().get("/api/v1/x"), wrapped)
        assert answer is not None
        assert answer.status_code == 503
        assert not gate.admits()

    def test_without_a_pool_it_stays_open(self, gate: Gate, settings: Any) -> None:
        settings.DATABASE_POOL_SIZE = 0
        gate.shut()
        assert all(gate.admits() for _ in range(5))

    def test_a_connection_that_broke_does_not(self, gate: Gate) -> None:
        note_lost_database(errors.AdminShutdown("terminated"))
        note_lost_database(errors.QueryCanceled("statement timeout"))
        assert all(gate.admits() for _ in range(5))

    def test_shut_it_refuses_at_once_all_but_health(self, gate: Gate) -> None:
        gate.shut()
        answer = ApiClient(None).get("locations")
        assert (answer.status, answer.code) == (503, "database_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        page = Client().get("/login")
        assert page.status_code == 503
        assert "not available" in page.text
        assert "Content-Security-Policy" in page.headers
        assert Client().get("/api/health/liveness").status_code == 200


def test_who_waits_for_a_turn_to_hash_lends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    lent = threading.Event()
    monkeypatch.setattr(hashers, "lend_connection", lent.set)
    monkeypatch.setattr(hashers, "_slots", threading.BoundedSemaphore(1))
    with hashers._Slot():
        waiting = threading.Thread(target=lambda: hashers.BoundedArgon2Hasher().encode("x", "saltsaltsalt"))
        waiting.start()
        assert lent.wait(5)
    waiting.join(10)
    assert not waiting.is_alive()
