"""The benchmarks as they are called: a cheap one from end to end, and what they prepare."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.network import fill_server, make_location, make_servers
from bench.people import make_people, make_tickets
from tests.invariants import assert_invariants

ROOT = Path(__file__).resolve().parents[2]


def _bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "DEBUG")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.live
def test_a_benchmark_prints_its_line_and_writes_its_file(tmp_path: Path) -> None:
    done = _bench("--quick", "P5", "--results", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith("P5  SQL queries of every list")
    content = json.loads((tmp_path / "P5.json").read_text())
    assert content["machine"]["postgresql"]
    assert content["machine"]["cores"] >= 1
    counts = content["lines"][0]["samples"]
    assert set(counts["/api/v1/tickets"]) == {"1", "50"}
    # No file says where it was made.
    assert str(ROOT) not in (tmp_path / "P5.json").read_text()


def test_an_unknown_name_is_refused() -> None:
    done = _bench("P99")
    assert done.returncode == 2
    assert "P99" in done.stderr


@pytest.mark.django_db
def test_what_benchmarks_prepare_keeps_the_invariants() -> None:
    people = make_people(3)
    make_tickets(people, 2)
    server = make_servers([make_location("ams")])[0]
    devices = fill_server(server, people, 4)
    assert server.revision == len(devices) == 12
    assert_invariants()
