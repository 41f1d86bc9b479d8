"""P8 and P9: device creation over HTTP, next to the bare allocation in PostgreSQL, and with and without a common server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from bench.context import ROUNDS, Bench
from bench.measuring import Sample, Target, http_request, run_load
from bench.network import fill_server, make_location, make_servers
from bench.people import Person, make_people
from bench.pgbench import find_pgbench, transactions_per_second
from bench.results import Result, skipped
from bench.serving import Server, gunicorn
from bench.stats import median, paired_ratio
from vpn.services.simulation import new_key

CLIENTS = 32
CROWD = 64
DEVICES_EACH = 10
BATCH_S = 3.0
FREE = 60_000
P8 = "POST /api/v1/devices (lock, plan, address, revision), creations/s"
P9B = "the same on a server with 90 % of its addresses given"
USED = 0.9
P9 = f"the same by {CROWD} clients on one server"

# The product's claim (`vpn.locks.claim_free_host`) on a table of its own, so that no address gets lost to the product.
_TABLE = """
DROP TABLE IF EXISTS bench_free;
CREATE TABLE bench_free (LIKE vpn_freeaddress INCLUDING ALL);
INSERT INTO bench_free (server_id, host, available_at)
SELECT '00000000-0000-0000-0000-000000000001', n, '1970-01-01Z' FROM generate_series(1, {rows}) AS n;
ANALYZE bench_free
"""
_CLAIM = """
WITH next AS MATERIALIZED (
    SELECT id FROM bench_free WHERE server_id = '00000000-0000-0000-0000-000000000001' AND available_at <= statement_timestamp()
    ORDER BY available_at, host LIMIT 1 FOR UPDATE SKIP LOCKED
) DELETE FROM bench_free f USING next WHERE f.id = next.id RETURNING f.host;
"""


class Wishes:
    """Creations that nobody has asked for yet: one after the other by another customer, so that no two wait for one customer's lock."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._left = ((person, number) for number in range(DEVICES_EACH) for person in people)

    def take(self, count: int, locations: Sequence[str]) -> list[str]:
        """The next `count` requests, spread over the locations."""
        requests = []
        for number, (person, device) in zip(range(count), self._left, strict=False):
            location = locations[number % len(locations)]
            body = {"name": f"Device {device}", "location": location, "public_key": new_key()}
            requests.append(http_request("POST", "/api/v1/devices", person.token, body))
        return requests


@contextmanager
def _product(bench: Bench) -> Iterator[Server]:
    """No node is there to confirm anything, so nothing is waited for; P14 measures that."""
    with gunicorn("nexusvpn.wsgi:application", bench.environment(DEVICE_ACK_WAIT_MS="0"), bench.folder) as server:
        yield server


def _create(server: Server, requests: list[str], clients: int, seconds: float) -> Sample:
    return run_load(Target(server, requests, clients, expect=201), seconds, repeat=False)[0]


def run_p8(bench: Bench) -> list[Result]:
    program = find_pgbench()
    if program is None:
        return [skipped("P8", P8, "there is no pgbench")]
    make_servers([make_location("one")])
    batch = bench.size(2500, 500)
    wishes = Wishes(make_people((ROUNDS + 1) * batch // DEVICES_EACH))
    script = bench.folder / "claim.sql"
    script.write_text(_CLAIM)
    seconds = bench.seconds(BATCH_S)
    created: list[Sample] = []
    bare: list[float] = []
    bench.checkpoint()
    with _product(bench) as server:
        _create(server, wishes.take(100, ["one"]), CLIENTS, 1)
        for _ in range(ROUNDS):
            created.append(_create(server, wishes.take(batch, ["one"]), CLIENTS, seconds))
            _fill_bare_table(bench)
            bare.append(transactions_per_second(program, bench.database_url, script, CLIENTS, seconds))
    rates = [each.per_second for each in created]
    cpu_ms = median([each.cpu_ms for each in created])
    value = paired_ratio(rates, bare)
    how = (
        f"{ROUNDS} interleaved pairs, {CLIENTS} clients each, one location with one server, every creation by another customer, no "
        f"node to wait for; median {median(rates):.0f}/s ({cpu_ms:.1f} ms CPU each in the web workers) against {median(bare):.0f}/s of "
        f"pgbench (prepared, one statement a transaction, synchronous commit on)."
    )
    samples = {"created": [each.as_dict() for each in created], "pgbench": [round(rate, 1) for rate in bare]}
    sizes = {"clients": CLIENTS, "free_rows": FREE, "batch_at_most": batch}
    shown = f"{value:.3f} ({median(rates):.0f}/s)"
    return [Result("P8", P8, "pgbench: bare allocation", "≥ 0.05", value, shown, value >= 0.05, how, sizes, samples)]


def _fill_bare_table(bench: Bench) -> None:
    with psycopg.connect(bench.database_url, autocommit=True) as link:
        for statement in _TABLE.format(rows=FREE).split(";"):
            link.execute(statement)
        link.execute("CHECKPOINT")


def run_p9(bench: Bench) -> list[Result]:
    names = [f"many-{number}" for number in range(CROWD)]
    make_servers([make_location(name) for name in ("one", *names)])
    batch = bench.size(1500, 300)
    wishes = Wishes(make_people((2 * ROUNDS + 2) * batch // DEVICES_EACH))
    seconds = bench.seconds(BATCH_S / 2)
    one: list[Sample] = []
    many: list[Sample] = []
    bench.checkpoint()
    with _product(bench) as server:
        _create(server, wishes.take(batch, [*names, "one"]), CROWD, 1)
        for _ in range(ROUNDS):
            one.append(_create(server, wishes.take(batch, ["one"]), CROWD, seconds))
            many.append(_create(server, wishes.take(batch, names), CROWD, seconds))
    rates = {key: [each.per_second for each in taken] for key, taken in (("one", one), ("many", many))}
    value = paired_ratio(rates["one"], rates["many"])
    how = (
        f"{ROUNDS} interleaved pairs over HTTP, {CROWD} connections (16 threads serve them), 64 locations with one server each; "
        f"median {median(rates['one']):.0f}/s against {median(rates['many']):.0f}/s."
    )
    samples = {"one": [each.as_dict() for each in one], "many": [each.as_dict() for each in many]}
    shown = f"{value:.2f} ({median(rates['one']):.0f}/s)"
    sizes = {"clients": CROWD, "servers": CROWD, "batch_at_most": batch}
    return [Result("P9", P9, f"{CROWD} servers", "≥ 0.70", value, shown, value >= 0.7, how, sizes, samples)]


def run_p9b(bench: Bench) -> list[Result]:
    network = bench.size(16, 20)
    fields = {"network_v4": f"10.128.0.0/{network}"}
    make_servers([make_location("empty")], **fields)
    full = make_servers([make_location("full")], **fields)[0]
    used = int(USED * 2 ** (32 - network))
    fill_server(full, make_people(used // DEVICES_EACH), DEVICES_EACH)
    # Less than what is left of the full server's addresses.
    batch = bench.size(800, 50)
    wishes = Wishes(make_people((2 * ROUNDS + 2) * batch // DEVICES_EACH))
    taken: dict[str, list[Sample]] = {"empty": [], "full": []}
    bench.checkpoint()
    with _product(bench) as server:
        _create(server, wishes.take(batch, [*taken]), CLIENTS, 1)
        for _ in range(ROUNDS):
            for name, samples in taken.items():
                samples.append(_create(server, wishes.take(batch, [name]), CLIENTS, bench.seconds(BATCH_S)))
    rates = {name: [each.per_second for each in samples] for name, samples in taken.items()}
    value = paired_ratio(rates["full"], rates["empty"])
    how = (
        f"{ROUNDS} interleaved pairs over HTTP, {CLIENTS} clients, a /{network} with {used} devices against an empty one; median "
        f"{median(rates['full']):.0f}/s against {median(rates['empty']):.0f}/s."
    )
    shown = f"{value:.2f} ({median(rates['full']):.0f}/s)"
    samples_of = {name: [each.as_dict() for each in samples] for name, samples in taken.items()}
    sizes = {"clients": CLIENTS, "used": used, "batch_at_most": batch}
    return [
        Result("P9b", P9B, "an empty server", "0.80 to 1.20", value, shown, 0.8 <= value <= 1.2, how, sizes, samples_of)
    ]
