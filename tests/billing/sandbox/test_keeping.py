"""A sandbox with a file goes on where it was stopped, or killed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import stripe

from billing.sandbox.server import serve
from tests.billing.sandbox.hooks import SECRET, receiver
from tests.billing.sandbox.world import KEY, World

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def kept_world(file: Path, status: int = 200) -> Iterator[World]:
    with receiver() as hooks:
        hooks.answer = lambda number: status
        with serve(webhook_url=hooks.url, webhook_secret=SECRET, retry_after=(60,), file=file) as server:
            http = stripe.RequestsClient(timeout=5)
            client = stripe.StripeClient(KEY, base_addresses={"api": server.url}, http_client=http)
            yield World(server, hooks, client)
            http.close()


def test_what_was_bought_is_there_after_a_restart_and_renews(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.pickle"
    with kept_world(file) as world:
        subscription = world.subscribe(world.price())
        world.advance(days=3)
        former = world.subscription(subscription.id).to_dict()
        now = world.control("clock")["now"]
    with kept_world(file) as world:
        assert world.subscription(subscription.id).to_dict() == former
        assert 0 <= world.control("clock")["now"] - now < 60
        world.advance(days=31)
        assert world.subscription(subscription.id)["items"].data[0].current_period_start > former["start_date"]
        assert "invoice.paid" in world.settled()
        assert len(world.api.webhook_endpoints.list().data) == 1


def test_what_did_not_arrive_before_is_sent_again(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.pickle"
    with kept_world(file, status=503) as world:
        customer = world.api.customers.create({"email": "alice@example.com"})
    with kept_world(file) as world:
        world.settled()
        assert [one.event.data.object.id for one in world.receiver.received] == [customer.id]
    with kept_world(file) as world:
        assert world.settled() == []


def test_a_request_that_was_answered_is_known_by_its_key(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.pickle"
    made = set()
    for _ in range(2):
        with kept_world(file) as world:
            customer = world.api.customers.create({"email": "alice@example.com"}, {"idempotency_key": "one"})
            made.add(customer.id)
            assert len(world.api.customers.list().data) == 1
    assert len(made) == 1


@pytest.mark.parametrize("content", [b"", b"nonsense", None], ids=["empty", "no pickle", "another version"])
def test_a_file_that_cannot_be_used_is_set_aside(
    tmp_path: Path, content: bytes | None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sandbox.pickle"
    if content is None:
        with kept_world(file) as world:
            world.price()
        monkeypatch.setattr("billing.sandbox.keeping.SHAPE", ("another", 2))
    else:
        file.write_bytes(content)
    with kept_world(file) as world:
        assert world.api.prices.list().data == []
    assert file.with_suffix(".unreadable").exists()
    assert "begins anew" in capfd.readouterr().err


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    with kept_world(tmp_path / "sandbox.pickle") as world:
        world.price()
    assert stat.S_IMODE((tmp_path / "sandbox.pickle").stat().st_mode) == 0o600


def test_what_was_answered_outlives_a_kill(tmp_path: Path) -> None:
    def start() -> tuple[subprocess.Popen[str], stripe.StripeClient]:
        command = [sys.executable, "-m", "billing.sandbox", "--port", "0", "--file", str(tmp_path / "sandbox.pickle")]
        program = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "DEBUG": "true"}, stdout=subprocess.PIPE, text=True
        )
        assert program.stdout is not None
        url = program.stdout.readline().split()[2]
        return program, stripe.StripeClient(KEY, base_addresses={"api": url}, max_network_retries=0)

    program, api = start()
    try:
        made = api.v1.customers.create({"email": "alice@example.com"})
    finally:
        program.send_signal(signal.SIGKILL)
        program.communicate()
    program, api = start()
    try:
        assert api.v1.customers.retrieve(made.id).email == "alice@example.com"
    finally:
        program.send_signal(signal.SIGKILL)
        program.communicate()
