"""The sandbox does not start where real money could be, and nothing of the product imports it."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
import urllib.request
from functools import partial
from pathlib import Path

import pytest

from billing.sandbox.guard import Refused, refuse_production

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "billing.sandbox", "--port", "0"]


@pytest.mark.parametrize("debug", ["", "false", "0", "no"])
def test_without_debug_it_does_not_start(debug: str) -> None:
    with pytest.raises(Refused, match="DEBUG"):
        refuse_production({"DEBUG": debug})


@pytest.mark.parametrize("kind", ["sk", "rk", "pk"])
def test_beside_a_live_key_it_does_not_start(kind: str) -> None:
    key = f"{kind}_live_" + "a" * 24
    with pytest.raises(Refused, match="ANY_NAME"):
        refuse_production({"DEBUG": "true", "ANY_NAME": f"value with {key}"})
    with pytest.raises(Refused, match="argument"):
        refuse_production({"DEBUG": "true"}, ["--webhook-secret", key])
    refuse_production({"DEBUG": "true", "STRIPE_SECRET_KEY": f"{kind}_test_" + "a" * 24})


def test_the_command_refuses_with_the_reason() -> None:
    ran = subprocess.run(
        COMMAND, cwd=ROOT, env={**os.environ, "DEBUG": "false"}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 2
    assert ran.stderr.strip() == "DEBUG is off: the Stripe sandbox is for development and tests only"


def test_the_command_serves_until_it_is_interrupted() -> None:
    environment = {**os.environ, "DEBUG": "true"}
    # Whoever runs the tests in the background of a shell may ignore SIGINT, and programs inherit that.
    heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        COMMAND, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, preexec_fn=heeds
    ) as process:
        try:
            assert process.stdout
            url = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert url
            with urllib.request.urlopen(f"{url[0]}/_sandbox/clock") as answer:
                assert b"now" in answer.read()
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0


def test_no_module_of_the_product_imports_it() -> None:
    """`make run` starts it as a program of its own, by its name."""
    for package in ("nexusvpn", "accounts", "billing", "vpn", "referrals", "support"):
        for file in (ROOT / package).rglob("*.py"):
            if "sandbox" not in file.relative_to(ROOT).parts:
                assert not [name for name in imports_of(file) if name.startswith("billing.sandbox")], file


def imports_of(file: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{name.name}" for name in node.names]
    return found
