"""P18: how long people wait while nodes report half of what the control plane can take, next to when nothing else happens."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle

from bench.context import ROUNDS, Bench
from bench.ingest import CONNECTIONS, ReportingNode, in_turn, make_nodes
from bench.measuring import Target, run_load
from bench.people import Person, make_tickets
from bench.results import Result
from bench.serving import Server, gunicorn
from bench.stats import percentile

MEASURE = "p99 of the slowest endpoint while usage arrives at half of its ceiling"
NODES, PEERS = 8, 2500
# Who asks has a connection and pauses after each answer, as a page does that asks for its parts.
ASKING = 2
PAUSE_S = 0.02
BATCH_S = 10.0
GOAL = 3.0
ENDPOINTS = (
    "/api/health/liveness",
    "/api/v1/users/me",
    "/api/v1/locations",
    "/api/v1/devices?limit=20",
    "/api/v1/usage?days=30",
    "/api/v1/tickets?limit=20",
    "/api/v1/auth/sessions?limit=20",
    "/api/v1/billing/plans",
    "/api/v1/referrals?limit=20",
)
# Milliseconds until the answer, by endpoint.
Waits = dict[str, list[float]]


def run_p18(bench: Bench) -> list[Result]:
    peers, seconds = bench.size(PEERS, 500), bench.seconds(BATCH_S)
    nodes = make_nodes(NODES, peers)
    people = nodes[0].people[:ASKING]
    make_tickets(people, 20)
    bench.checkpoint()
    idle: Waits = defaultdict(list)
    loaded: Waits = defaultdict(list)
    sent = 0
    with gunicorn("nexusvpn.wsgi:application", bench.environment(), bench.folder) as server:
        ceiling = _ceiling(server, nodes, bench.size(10, 3))
        _ask(server, people, 1.0, defaultdict(list))
        for _ in range(ROUNDS):
            _ask(server, people, seconds, idle)
            with _reports(server, nodes, ceiling / 2, seconds) as accepted:
                _ask(server, people, seconds, loaded)
            sent += len(accepted)
    rate = sent / ROUNDS / seconds
    return [_result(idle, loaded, peers, rate * peers, ceiling * peers)]


def _ceiling(server: Server, nodes: Sequence[ReportingNode], each: int) -> float:
    """Reports per second when nobody else asks for anything."""
    run_load(Target(server, [node.next_request() for node in nodes], CONNECTIONS), 300, repeat=False)
    requests = [node.next_request() for node in in_turn(nodes, each)]
    return run_load(Target(server, requests, CONNECTIONS), 300, repeat=False)[0].per_second


@contextmanager
def _reports(server: Server, nodes: Sequence[ReportingNode], rate: float, seconds: float) -> Iterator[list[float]]:
    """Send reports at this rate until the block ends; yields when each was accepted. Raises RuntimeError for one that was not."""
    requests = [node.next_request().encode() for node in in_turn(nodes, int(rate * (seconds + 5) / len(nodes)) + 1)]
    accepted: list[float] = []
    over = threading.Event()
    begun = time.monotonic()

    def send(first: int) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as link:
            for number in range(first, len(requests), CONNECTIONS):
                if over.wait(max(0.0, begun + number / rate - time.monotonic())):
                    return
                link.sendall(requests[number])
                answer = http.client.HTTPResponse(link)
                answer.begin()
                answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"a report was answered {answer.status}")
                accepted.append(time.monotonic())

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        sending = [threads.submit(send, first) for first in range(CONNECTIONS)]
        try:
            yield accepted
        finally:
            over.set()
    for each in sending:
        each.result()


def _ask(server: Server, people: Sequence[Person], seconds: float, waits: Waits) -> None:
    """Everybody asks for one thing after the other; adds what they waited."""

    def ask(person: Person) -> None:
        until = time.monotonic() + seconds
        link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for path in cycle(ENDPOINTS):
            if time.monotonic() > until:
                break
            started = time.perf_counter()
            link.request("GET", path, headers={"Authorization": f"Bearer {person.token}"})
            answer = link.getresponse()
            answer.read()
            waits[path].append(1000 * (time.perf_counter() - started))
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
            time.sleep(PAUSE_S)
        link.close()

    with ThreadPoolExecutor(len(people)) as threads:
        list(threads.map(ask, people))


def _result(idle: Waits, loaded: Waits, peers: int, rate: float, ceiling: float) -> Result:
    p99 = {path: (percentile(idle[path], 99), percentile(loaded[path], 99)) for path in ENDPOINTS}
    ratios = {path: under / alone for path, (alone, under) in p99.items()}
    worst = max(ratios, key=lambda path: ratios[path])
    value = ratios[worst]
    each = ", ".join(f"{path.partition('?')[0]} {alone:.1f} → {under:.1f}" for path, (alone, under) in p99.items())
    how = (
        f"{ROUNDS} interleaved pairs, {ASKING} people who ask with pauses of {1000 * PAUSE_S:.0f} ms, {len(idle[worst])} answers of each "
        f"endpoint on each side; {NODES} nodes report {peers} peers each time, {rate:,.0f} peers/s in all (ceiling {ceiling:,.0f}). "
        f"p99 in ms: {each}."
    )
    sizes = {"nodes": NODES, "peers_each": peers, "asking": ASKING}
    samples = {"p99_ms": {path: [round(value, 2) for value in pair] for path, pair in p99.items()}}
    shown = f"{value:.1f}× ({worst.partition('?')[0]})"
    return Result("P18", MEASURE, "idle p99", f"≤ {GOAL:.0f}×", value, shown, value <= GOAL, how, sizes, samples)
