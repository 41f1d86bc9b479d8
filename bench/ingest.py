"""P6: usage over HTTP until it is committed, next to the bare statement on the same rows of the same tables."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg

from bench.context import ROUNDS, Bench
from bench.measuring import Sample, Target, http_request, run_load
from bench.network import fill_server, make_location, make_servers
from bench.people import Person, make_people
from bench.results import Result
from bench.serving import Server as Gunicorn
from bench.serving import gunicorn
from bench.stats import median, paired_ratio
from vpn.models import NodeToken, Server
from vpn.services.desired_state import wanted_peers
from vpn.services.nodes import CREDENTIAL_PREFIX, hash_token

MEASURE = "POST /api/v1/node/report, HTTP to committed, peers/s"
SERVERS = 4
CONNECTIONS = 4
DEVICES_EACH = 5
MOST_ROWS = 5000
RATIO, PEERS_PER_S = 0.5, 50_000
# What a report must write and no more: the registers grow to the maximum, and the growth is added to the devices' days.
_BARE = """
WITH merged AS (
    INSERT INTO vpn_usagecounter AS c (server_id, device_id, epoch, rx, tx, counted_rx, counted_tx, grown_at)
    SELECT p.server_id, p.device_id, i.epoch, i.rx, i.tx, 0, 0, now()
    FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[]) AS i(public_key, rx, tx, epoch)
    JOIN vpn_peer p ON p.server_id = %s AND p.public_key = i.public_key
    ORDER BY i.epoch
    ON CONFLICT (server_id, epoch) DO UPDATE SET
        counted_rx = c.rx, counted_tx = c.tx, rx = greatest(c.rx, excluded.rx), tx = greatest(c.tx, excluded.tx), grown_at = now()
    WHERE excluded.rx > c.rx OR excluded.tx > c.tx
    RETURNING device_id, rx - counted_rx AS up, tx - counted_tx AS down
)
INSERT INTO vpn_usagerecord AS u (user_id, device_id, record_date, bytes_up, bytes_down)
SELECT d.user_id, m.device_id, (now() AT TIME ZONE 'UTC')::date, m.up, m.down
FROM merged m JOIN vpn_vpnconfig d ON d.id = m.device_id ORDER BY m.device_id
ON CONFLICT (device_id, record_date) DO UPDATE SET
    bytes_up = u.bytes_up + excluded.bytes_up, bytes_down = u.bytes_down + excluded.bytes_down
"""


@dataclass
class ReportingNode:
    """A node whose customers are all online and moving bytes all the time: each of its reports has a row for every peer."""

    server: Server
    credential: str
    keys: list[str]
    epochs: list[int]
    people: list[Person]
    state_hash: str
    reports: int = 0

    def next_counters(self) -> tuple[list[int], list[int]]:
        """What the peers have received and sent by the next report."""
        self.reports += 1
        growth = range(len(self.keys))
        return [self.reports * (1000 + n) for n in growth], [self.reports * (9000 + n) for n in growth]

    def next_request(self) -> str:
        rx, tx = self.next_counters()
        rows = zip(self.keys, rx, tx, self.epochs, ["online"] * len(self.keys), strict=True)
        body = {
            "report_id": self.reports,
            "epoch": str(self.server.epoch),
            "applied_rev": self.server.revision,
            "interface_epoch": "boot:1",
            "totals": {"rx": sum(rx), "tx": sum(tx)},
            # What the node has, as its periodic reports say it.
            "state_hash": self.state_hash,
            "agent_version": "0.1.0",
            "protocol_version": 1,
            "peers": list(rows),
            "load": {"peers": len(self.keys)},
            "notes": [],
        }
        return http_request("POST", "/api/v1/node/report", self.credential, body)

    def next_parameters(self) -> list[str]:
        """The same for the bare statement, each column as the text of an array."""
        rx, tx = self.next_counters()
        columns: list[Sequence[object]] = [self.keys, rx, tx, self.epochs]
        return [*(f"{{{','.join(map(str, column))}}}" for column in columns), str(self.server.pk)]


def make_nodes(count: int, peers: int) -> list[ReportingNode]:
    """Servers that each hold `peers` peers, and their nodes' credentials."""
    nodes = []
    for server in make_servers([make_location(f"ingest-{number}") for number in range(count)]):
        people = make_people(peers // DEVICES_EACH)
        devices = fill_server(server, people, DEVICES_EACH)
        credential = CREDENTIAL_PREFIX + secrets.token_urlsafe(32)
        NodeToken.objects.create(server=server, kind=NodeToken.Kind.CREDENTIAL, token_hash=hash_token(credential))
        epochs = [secrets.randbelow(2**63 - 1) + 1 for _ in devices]
        keys = [device.public_key for device in devices]
        nodes.append(ReportingNode(server, credential, keys, epochs, people, wanted_peers(server.pk).state_hash))
    return nodes


def in_turn(nodes: Sequence[ReportingNode], each: int) -> Iterator[ReportingNode]:
    """One node after the other, so that no report overtakes an earlier one of its node."""
    return (node for _ in range(each) for node in nodes)


def run_p6(bench: Bench) -> list[Result]:
    peers, each = bench.size(MOST_ROWS, 1000), bench.size(20, 10)
    nodes = make_nodes(SERVERS, peers)
    over_http: list[Sample] = []
    bare: list[float] = []
    bench.checkpoint()
    with gunicorn("nexusvpn.wsgi:application", bench.environment(), bench.folder) as server:
        _report(server, nodes, 2)
        bench.checkpoint()
        for _ in range(ROUNDS):
            over_http.append(_report(server, nodes, each))
            bare.append(_merge_bare(bench, nodes, each) * peers)
    _check(bench, nodes)
    return [_result(over_http, bare, peers)]


def _report(server: Gunicorn, nodes: Sequence[ReportingNode], each: int) -> Sample:
    requests = [node.next_request() for node in in_turn(nodes, each)]
    return run_load(Target(server, requests, CONNECTIONS), 300, repeat=False)[0]


def _merge_bare(bench: Bench, nodes: Sequence[ReportingNode], each: int) -> float:
    """Statements per second from two connections, each with half of the nodes, so that neither waits for the other."""
    halves = (nodes[::2], nodes[1::2])
    work = [[node.next_parameters() for node in in_turn(half, each)] for half in halves]
    with (
        psycopg.connect(bench.database_url, autocommit=True) as one,
        psycopg.connect(bench.database_url, autocommit=True) as other,
        ThreadPoolExecutor(2) as threads,
    ):
        started = time.perf_counter()
        list(threads.map(_execute, (one, other), work))
        return sum(map(len, work)) / (time.perf_counter() - started)


def _execute(link: psycopg.Connection, work: Sequence[list[str]]) -> None:
    for parameters in work:
        link.execute(_BARE, parameters, prepare=True)


def _check(bench: Bench, nodes: Sequence[ReportingNode]) -> None:
    """Every byte is there once; raises RuntimeError."""
    true_up = sum(node.reports * (1000 + n) for node in nodes for n in range(len(node.keys)))
    with psycopg.connect(bench.database_url) as link:
        found = link.execute(
            "SELECT (SELECT sum(rx) FROM vpn_usagecounter), (SELECT sum(bytes_up) FROM vpn_usagerecord)"
        ).fetchone()
    if found != (true_up, true_up):
        raise RuntimeError(f"{true_up} bytes were reported, and the tables hold {found}")


def _result(over_http: Sequence[Sample], bare: Sequence[float], peers: int) -> Result:
    rates = [each.per_second * peers for each in over_http]
    value, rate = paired_ratio(rates, bare), median(rates)
    cpu_ms = median([each.cpu_ms for each in over_http])
    how = (
        f"{ROUNDS} interleaved pairs, {SERVERS} nodes of {peers} peers that all moved, {CONNECTIONS} connections; median {rate:,.0f} "
        f"peers/s ({cpu_ms:.0f} ms CPU a report in the web workers) against {median(bare):,.0f}/s of the bare statement (registers and "
        f"days, from two psycopg connections, prepared, synchronous commit on). Every byte was counted once."
    )
    sizes = {"nodes": SERVERS, "peers_each": peers, "connections": CONNECTIONS}
    samples = {"http": [each.as_dict() for each in over_http], "bare_peers_per_s": [round(each) for each in bare]}
    met = value >= RATIO and rate >= PEERS_PER_S
    shown = f"{value:.2f} ({rate:,.0f}/s)"
    goal = f"≥ {RATIO:.2f}, ≥ {PEERS_PER_S:,}/s"
    return Result("P6", MEASURE, "the bare statement", goal, value, shown, met, how, sizes, samples)
