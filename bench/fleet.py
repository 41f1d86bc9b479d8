"""Simulated agents in a process of their own; and P19: the control plane away for ten minutes, under traffic, and back."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.context import Bench
from bench.results import Result
from bench.serving import ROOT, WAITING, free_port, gunicorn
from nexusvpn.local.processes import end_with_parent
from vpn.services.simulation import make_fleet

MEASURE = "control plane away for ten minutes, then back"
DEVICES = 4
BYTES_PER_S = 1000
SYNC_WITHIN_S = 180.0
BACK_WITHIN_S, TIMES_THE_STEADY_RATE = 60.0, 2.0


class Fleet:
    """Running simulated agents."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def wait_until_in_sync(self) -> None:
        """Raises RuntimeError if they end before all are, or take too long."""
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], SYNC_WITHIN_S)
        if not readable or self._process.stdout.readline() != "in sync\n":
            raise RuntimeError("the simulated agents did not get in sync")

    def finish(self) -> dict[str, Any]:
        """End them, when all that they counted has been told; returns their summary. Raises RuntimeError if one was out of sync."""
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGTERM)
        summary: dict[str, Any] = json.loads(self._process.stdout.read().splitlines()[-1])
        if summary["in_sync"] != summary["nodes"]:
            raise RuntimeError(f"only {summary['in_sync']} of {summary['nodes']} simulated agents are in sync")
        return summary


@contextmanager
def simulated(folder: Path, credentials: Sequence[str], port: int, poll_port: int, *options: str) -> Iterator[Fleet]:
    """The agents with these credentials, against a control plane on these ports of 127.0.0.1."""
    file = folder / "credentials"
    file.write_text("\n".join(credentials), encoding="ascii")
    urls = ("--control", f"http://127.0.0.1:{port}", "--poll", f"http://127.0.0.1:{poll_port}")
    process = subprocess.Popen(
        [sys.executable, "-m", "vpn.agent.simulate", *urls, "--credentials", str(file), "--duration", "1e6", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_parent,
    )
    try:
        yield Fleet(process)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def _control_plane(bench: Bench, port: int, poll_port: int) -> Iterator[None]:
    environment = bench.environment()
    with (
        gunicorn("nexusvpn.asgi:application", environment, bench.folder, WAITING, port=poll_port),
        gunicorn("nexusvpn.wsgi:application", environment, bench.folder, port=port),
    ):
        yield


def run_p19(bench: Bench) -> list[Result]:
    nodes, steady_s, away_s = bench.size(500, 50), bench.size(90, 40), bench.size(600, 90)
    credentials = make_fleet(nodes=nodes, devices=DEVICES)
    bench.checkpoint()
    ports = free_port(), free_port()
    options = ("--peers-traffic", str(BYTES_PER_S))
    with simulated(bench.folder, credentials, *ports, *options) as fleet:
        with _control_plane(bench, *ports):
            fleet.wait_until_in_sync()
            steady_from = time.time()
            time.sleep(steady_s)
            steady_until = time.time()
        time.sleep(away_s)
        back_from = time.time()
        with _control_plane(bench, *ports):
            back_at = time.time()
            time.sleep(BACK_WITHIN_S + 10)
            summary = fleet.finish()
    steady = _seconds(summary, steady_from, steady_until)
    back = _seconds(summary, back_from, back_at + BACK_WITHIN_S)
    return [_result(bench, summary, sum(steady) / len(steady), max(back), summary["in_sync_since"] - back_at, away_s)]


def _seconds(summary: dict[str, Any], start: float, end: float) -> list[int]:
    """Requests of each whole second between two times."""
    first, last = (int(moment - summary["started_at"]) + 1 for moment in (start, end))
    seconds: list[int] = summary["per_second"][first : last - 1]
    return seconds


def _result(bench: Bench, summary: dict[str, Any], steady: float, busiest: int, back_s: float, away_s: int) -> Result:
    with psycopg.connect(bench.database_url) as link:
        row = link.execute("SELECT sum(bytes_up)::bigint, sum(bytes_down)::bigint FROM vpn_usagerecord").fetchone()
    carried = (summary["bytes"]["rx"], summary["bytes"]["tx"])
    ratio = busiest / steady
    whole = row == carried and summary["peers_removed"] == 0
    met = back_s <= BACK_WITHIN_S and ratio <= TIMES_THE_STEADY_RATE and whole
    how = (
        f"{summary['nodes']} simulated agents with {DEVICES} peers each under traffic, the control plane killed for {away_s} s: all "
        f"in sync {back_s:.1f} s after its return; steady {steady:.1f} requests/s, the busiest second of the minute after it {busiest}; "
        f"{summary['peers_removed']} peers removed; {row} bytes counted of {carried} carried."
    )
    sizes = {"nodes": summary["nodes"], "peers": summary["peers"], "away_s": away_s}
    goal = f"≤ {BACK_WITHIN_S:.0f} s, ≤ {TIMES_THE_STEADY_RATE:.0f}×, exact"
    shown = f"{back_s:.0f} s, {ratio:.1f}×, {'exact' if whole else 'NOT exact'}"
    return Result(
        "P19", MEASURE, "steady rate", goal, ratio, shown, met, how, sizes, {"per_second": summary["per_second"]}
    )
