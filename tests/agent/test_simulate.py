"""Simulated agents: what they ask and count is what real ones would, and what they say of themselves is true."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.fake_control import CREDENTIAL, NODE_ID, TOKEN, FakeControl
from tests.agent.processes import ROOT, make_peer

NODES, PEERS = 3, 5


@pytest.fixture
def server() -> Iterator[FakeControl]:
    control = FakeControl()
    yield control
    control.close()


@pytest.fixture
def enrolment_token(monkeypatch: pytest.MonkeyPatch) -> str:
    """One that looks like the product's."""
    token = f"nve_{TOKEN}"
    monkeypatch.setattr("tests.agent.fake_control.TOKEN", token)
    return token


def simulate(
    server: FakeControl, tmp_path: Path, *options: str, credential: str = f"{NODE_ID}:{CREDENTIAL}"
) -> dict[str, Any]:
    file = tmp_path / "credentials"
    file.write_text(f"{credential}\n" * NODES, encoding="ascii")
    command = [sys.executable, "-m", "vpn.agent.simulate", "--control", server.url, "--credentials", str(file)]
    times = ["--duration", "2", "--ramp", "0.1", "--backoff-cap", "0.5"]
    done = subprocess.run(
        [*command, *times, *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode == 0) == (summary["in_sync_since"] is not None) == ("in sync\n" in done.stdout)
    return summary


def test_every_byte_of_the_summary_has_been_reported(server: FakeControl, tmp_path: Path, enrolment_token: str) -> None:
    server.upsert(*(make_peer(number) for number in range(PEERS)))
    summary = simulate(server, tmp_path, "--peers-traffic", "1000", credential=enrolment_token)
    assert (summary["in_sync"], summary["peers"], summary["peers_removed"]) == (NODES, NODES * PEERS, 0)
    told = [sum(counters) for counters in zip(*server.usage.values(), strict=True)]
    assert told == [summary["bytes"]["rx"], summary["bytes"]["tx"]]
    assert min(told) > NODES * PEERS * 1000
    assert summary["requests"]["snapshot"] == NODES
    assert sum(summary["per_second"]) <= sum(summary["requests"].values()) <= len(server.requests)


def test_who_is_refused_is_not_in_sync(server: FakeControl, tmp_path: Path) -> None:
    summary = simulate(server, tmp_path, credential=f"{NODE_ID}:nvn_nobody")
    assert (summary["in_sync"], summary["in_sync_since"]) == (0, None)
    assert summary["errors"]["invalid_node_credential"] >= 2 * NODES


def test_with_tokens_they_enrol(server: FakeControl, tmp_path: Path, enrolment_token: str) -> None:
    assert simulate(server, tmp_path, credential=enrolment_token)["in_sync"] == NODES
    assert len({enrolment["public_key"] for enrolment in server.enrolments}) == NODES


def test_with_credentials_of_nodes_that_are_enrolled_they_take_their_own_snapshots(
    server: FakeControl, tmp_path: Path
) -> None:
    server.upsert(*(make_peer(number) for number in range(PEERS)))
    assert simulate(server, tmp_path)["peers"] == NODES * PEERS
