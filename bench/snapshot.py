"""P17: what a full snapshot costs in CPU, next to PostgreSQL putting the same rows into JSON."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import psycopg

from bench.context import ROUNDS, Bench
from bench.ingest import ReportingNode, make_nodes
from bench.measuring import Sample, Target, http_request, run_load
from bench.results import Result
from bench.serving import Server, family_cpu_s, gunicorn
from bench.stats import median, paired_ratio

PEERS = 2500
# As the bare statement: two at once would slow each other down, and only the one half of each pair.
CONNECTIONS = 1
BATCH_S = 3.0
GOAL = 3.0
MEASURE = "GET /api/v1/node/snapshot, CPU of web workers and PostgreSQL"
_BARE = """
SELECT json_agg(json_build_object(
    'public_key', p.public_key, 'allowed_ips', json_build_array(host(a.ipv4) || '/32', host(a.ipv6) || '/128'),
    'preshared_key', encode(a.preshared_key, 'base64')))::text
FROM vpn_peer p JOIN vpn_ipassignment a ON a.id = p.assignment_id WHERE p.server_id = %s AND p.wanted
"""


def run_p17(bench: Bench) -> list[Result]:
    peers = bench.size(PEERS, 500)
    node = make_nodes(1, peers)[0]
    postgresql, seconds = bench.postgresql_pid(), bench.seconds(BATCH_S)
    samples: list[Sample] = []
    whole: list[float] = []
    bare: list[float] = []
    bench.checkpoint()
    with gunicorn("nexusvpn.wsgi:application", bench.environment(), bench.folder) as server:
        _snapshots(server, node, min(seconds, 0.5))
        for _ in range(ROUNDS):
            before = family_cpu_s(postgresql)
            sample = _snapshots(server, node, seconds)
            in_sql_ms = 1000 * (family_cpu_s(postgresql) - before) / sample.requests
            samples.append(sample)
            whole.append(sample.cpu_ms + in_sql_ms)
            bare.append(_bare_cpu_ms(bench, node, postgresql, seconds))
    return [_result(samples, whole, bare, peers)]


def _snapshots(server: Server, node: ReportingNode, seconds: float) -> Sample:
    request = http_request("GET", "/api/v1/node/snapshot", node.credential, packed=True)
    return run_load(Target(server, [request], CONNECTIONS), seconds)[0]


def _bare_cpu_ms(bench: Bench, node: ReportingNode, postgresql: int, seconds: float) -> float:
    """Milliseconds of CPU, PostgreSQL's and those of fetching the text, for one execution."""
    count, until = 0, time.monotonic() + seconds
    # A connection's end is PostgreSQL's work too, so it lies outside of what is counted.
    with psycopg.connect(bench.database_url, autocommit=True) as link:
        link.execute(_BARE, [node.server.pk], prepare=True)
        before, own_before = family_cpu_s(postgresql), time.process_time()
        while time.monotonic() < until:
            link.execute(_BARE, [node.server.pk], prepare=True).fetchone()
            count += 1
        cpu_s = family_cpu_s(postgresql) - before + time.process_time() - own_before
    return 1000 * cpu_s / count


def _result(samples: Sequence[Sample], whole: Sequence[float], bare: Sequence[float], peers: int) -> Result:
    value = paired_ratio(whole, bare)
    web_ms = median([each.cpu_ms for each in samples])
    how = (
        f"{ROUNDS} interleaved pairs, {peers} peers with preshared keys to decrypt, gzip as nodes ask for it; median "
        f"{median(whole):.1f} ms of CPU a snapshot ({web_ms:.1f} in the web workers) against {median(bare):.1f} of json_agg through "
        f"psycopg."
    )
    kept: dict[str, Any] = {"http": [each.as_dict() for each in samples]}
    kept |= {"cpu_ms": [round(each, 3) for each in whole], "bare_cpu_ms": [round(each, 3) for each in bare]}
    sizes = {"peers": peers, "connections": CONNECTIONS}
    shown = f"{value:.2f}× ({median(whole):.1f} ms)"
    return Result("P17", MEASURE, "bare json_agg", f"≤ {GOAL:.0f}×", value, shown, value <= GOAL, how, sizes, kept)
