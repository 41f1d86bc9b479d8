"""The Stripe sandbox of a checkout is found by `manage.py …` while it runs, and only then."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from billing.sandbox.server import serve
from nexusvpn.local import payments, places, ports


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of this test's own."""
    monkeypatch.setattr(places, "data_folder", lambda checkout=places.CHECKOUT: tmp_path)
    return tmp_path


def test_the_running_one_is_found_and_no_other(folder: Path) -> None:
    assert payments.environment_of_running() == {}
    with serve() as server:
        payments.note_address(server.url)
        assert payments.environment_of_running() == payments.environment(server.url)
    assert payments.environment_of_running() == {}


def test_another_program_at_its_former_address_is_none(folder: Path) -> None:
    port = ports.first_free(18_000)
    assert port is not None
    other = subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not ports.accepts_connections(port):
            assert other.poll() is None
        payments.note_address(f"http://127.0.0.1:{port}")
        assert payments.environment_of_running() == {}
    finally:
        other.kill()
        other.wait()


def test_the_settings_take_what_it_says(folder: Path) -> None:
    script = (
        "from nexusvpn import settings as s; print(s.STRIPE_SECRET_KEY, s.STRIPE_API_BASE, s.STRIPE_WEBHOOK_SECRETS[0])"
    )
    environment = {**os.environ, "DEBUG": "true", **payments.environment("http://127.0.0.1:12111")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=places.CHECKOUT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [payments.KEY, "http://127.0.0.1:12111", payments.WEBHOOK_SECRET]


def test_the_program_is_started_with_its_file_and_the_address_of_the_web_process(folder: Path) -> None:
    command = payments.command(12111, "http://127.0.0.1:8000/webhooks/stripe/")
    assert command[command.index("--file") + 1] == str(folder / "stripe.pickle")
    assert command[command.index("--webhook-url") + 1] == "http://127.0.0.1:8000/webhooks/stripe/"
