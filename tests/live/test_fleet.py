"""Many agents against the real control plane, which goes away under traffic and comes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nexusvpn.local.processes import end_with_parent
from tests.databases import ROOT
from tests.live.conftest import StackMaker
from tests.live.stack import Stack

pytestmark = pytest.mark.live
NODES, DEVICES = 500, 4
# Intervals and waits as short as ten minutes' outage in ten seconds would ask for are more than two cores can serve. What the real ones
# do to the rate of requests is computed in tests/agent/test_backoff.py and measured by the benchmark P19.
INTERVAL_S, CAP_S = 12, 6
AWAY_S = 6.0
BACK_WITHIN_S = 60.0


@pytest.fixture
def fleet(make_stack: StackMaker, tmp_path: Path) -> tuple[Stack, Path]:
    stack = make_stack(settings={"NODE_REPORT_INTERVAL_SECONDS": str(INTERVAL_S)})
    credentials = tmp_path / "credentials"
    stack.manage("simulate_fleet", "--nodes", str(NODES), "--devices", str(DEVICES), "--credentials", str(credentials))
    return stack, credentials


def simulate(stack: Stack, credentials: Path, seconds: float) -> subprocess.Popen[str]:
    poll = stack.environment["NODE_POLL_URL"]
    command = [sys.executable, "-m", "vpn.agent.simulate", "--control", stack.node_url, "--poll", poll]
    options = [
        "--credentials",
        str(credentials),
        "--duration",
        str(seconds),
        "--backoff-cap",
        str(CAP_S),
        "--ramp",
        "5",
    ]
    return subprocess.Popen(
        [*command, *options, "--peers-traffic", "1000"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_parent,
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    last = process.stdout.read().splitlines()[-1]
    process.wait(30)
    summary: dict[str, Any] = json.loads(last)
    return summary


def test_an_outage_under_traffic_cuts_nobody_and_costs_no_byte(fleet: tuple[Stack, Path]) -> None:
    stack, credentials = fleet
    process = simulate(stack, credentials, 28)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "in sync\n"
        stack.stop_control_plane()
        time.sleep(AWAY_S)
        stack.start_control_plane()
        back_at = time.time()
        summary = finish(process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert (summary["nodes"], summary["in_sync"]) == (NODES, NODES)
    assert summary["in_sync_since"] - back_at < BACK_WITHIN_S
    assert summary["errors"]["NotAnAnswer"] >= NODES
    assert (summary["peers"], summary["peers_removed"]) == (NODES * DEVICES, 0)
    counted = stack.sql("SELECT sum(bytes_up), sum(bytes_down) FROM vpn_usagerecord")[0]
    assert tuple(map(int, counted)) == (summary["bytes"]["rx"], summary["bytes"]["tx"])
    assert counted[0] > 0
