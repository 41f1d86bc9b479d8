"""The command line: many agents in one process, against a real control plane.

Each agent speaks the real protocol with the real agent's code: one thread follows, one reports, as on a node. Nothing of this machine is
changed; what an agent keeps on disk goes with the process. Prints `in sync` when all are for the first time, and at the end a summary as
one line of JSON.
"""

import argparse
import json
import logging
import resource
import signal
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from vpn.agent.backoff import CAP_S
from vpn.agent.enrolment import enrol
from vpn.agent.identity import DEFAULT_REPORT_INTERVAL_S, Identity
from vpn.agent.logs import set_up_logging
from vpn.agent.simulate.agent import SimulatedAgent
from vpn.agent.simulate.tally import Tally

INTERFACE: Final = "simulated"
LOOK_S: Final = 0.1
# Until the last traffic has been told: two intervals of reports, and an agent's longest wait.
TELL_ALL_S: Final = 90.0
STACK_BYTES: Final = 512 << 10
ENROLMENT_PREFIX: Final = "nve_"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the fleet; returns 0 if all of it was in sync at the end, otherwise 1."""
    options = _parser().parse_args(arguments)
    set_up_logging(logging.CRITICAL)
    _allow_many_connections()
    threading.stack_size(STACK_BYTES)
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    # What agents write to be safe from a power cut is not to wear out a disk here.
    shared_memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared_memory if shared_memory.is_dir() else None) as folder:
        fleet = Fleet(options, Path(folder))
        fleet.run(end)
        print(json.dumps(fleet.summary()), flush=True)
    return 0 if fleet.in_sync_since is not None else 1


class Fleet:
    """All agents of this process. `in_sync_since` is in seconds since the epoch, None while one is not in sync."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self._options = options
        self._tally = Tally()
        self._agents: list[SimulatedAgent] = []
        lines = options.credentials.read_text(encoding="ascii").split()
        for number, line in enumerate(lines):
            state_dir = folder / str(number)
            state_dir.mkdir(mode=0o700)
            identity = _identity(options, line, state_dir)
            rate, cap_s = options.peers_traffic, options.backoff_cap
            self._agents.append(SimulatedAgent(state_dir, identity, rate, cap_s, self._tally))
        self.in_sync_since: float | None = None
        self._in_sync_at_end = 0
        self._started_at = 0.0
        self._time_to_sync_s: float | None = None

    def run(self, end: threading.Event) -> None:
        """Start the agents one after the other, watch them for the duration, let the traffic end, wait until all is told."""
        tally = self._tally
        tally.started_at, self._started_at = time.monotonic(), time.time()
        for agent in self._agents:
            agent.start()
            end.wait(self._options.ramp / len(self._agents))
        deadline = tally.started_at + self._options.duration
        while time.monotonic() < deadline and not end.is_set():
            self._look()
            end.wait(LOOK_S)
        frozen_at = time.monotonic()
        for agent in self._agents:
            agent.node.interface.freeze()
        while not all(agent.has_told_all(frozen_at) for agent in self._agents):
            if time.monotonic() - frozen_at > TELL_ALL_S or self._options.peers_traffic == 0:
                break
            time.sleep(LOOK_S)
        self._look()
        self._in_sync_at_end = self._in_sync()
        for agent in self._agents:
            agent.stop()
        for agent in self._agents:
            agent.join()

    def summary(self) -> dict[str, Any]:
        """Return what became of it. `per_second` counts requests by the second since the start."""
        tally = self._tally
        # The last second is not a whole one.
        per_second = [tally.per_second[second] for second in range(max(tally.per_second, default=0))]
        totals = [agent.node.peers.book.totals.total for agent in self._agents]
        return {
            "nodes": len(self._agents),
            "in_sync": self._in_sync_at_end,
            "started_at": self._started_at,
            "in_sync_since": self.in_sync_since,
            "time_to_sync_s": self._time_to_sync_s,
            "peers": sum(len(agent.node.peers.intention.wanted) for agent in self._agents),
            "peers_removed": sum(agent.node.interface.removals for agent in self._agents),
            "bytes": {"rx": sum(total.rx for total in totals), "tx": sum(total.tx for total in totals)},
            "requests": dict(tally.requests),
            "errors": dict(tally.errors),
            "requests_per_s": {
                "max": max(per_second, default=0),
                "mean": round(sum(per_second) / max(1, len(per_second)), 2),
            },
            "per_second": per_second,
        }

    def _in_sync(self) -> int:
        return sum(agent.is_in_sync for agent in self._agents)

    def _look(self) -> None:
        if self._in_sync() < len(self._agents):
            self.in_sync_since = None
        elif self.in_sync_since is None:
            self.in_sync_since = time.time()
            if self._time_to_sync_s is None:
                self._time_to_sync_s = round(time.monotonic() - self._tally.started_at, 2)
                print("in sync", flush=True)


def _identity(options: argparse.Namespace, line: str, state_dir: Path) -> Identity:
    """Return who the agent is: with an enrolment token it enrols as any node."""
    if line.startswith(ENROLMENT_PREFIX):
        return enrol(options.control, line, state_dir, INTERFACE)
    # The id, because a node takes no snapshot that is not its own.
    node_id, _, credential = line.partition(":")
    return Identity(options.control, options.poll or "", node_id, credential, INTERFACE, (), 0, 0)


def _allow_many_connections() -> None:
    """Each agent keeps up to three connections."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vpn.agent.simulate", description=__doc__)
    parser.add_argument("--control", required=True, help="base URL of the control plane")
    parser.add_argument("--poll", help="base URL of the process in which nodes wait, if it has its own address")
    parser.add_argument(
        "--credentials", required=True, type=Path, help="file: `node id:credential` or an enrolment token a line"
    )
    parser.add_argument("--peers-traffic", type=float, default=0.0, help="bytes a second, each way, for each peer")
    parser.add_argument("--duration", type=float, default=60.0, help="seconds from the first agent's start")
    parser.add_argument(
        "--ramp", type=float, default=DEFAULT_REPORT_INTERVAL_S, help="seconds over which agents are started"
    )
    parser.add_argument("--backoff-cap", type=float, default=CAP_S, help="longest wait between attempts, in s")
    return parser
