"""P10: a slice far down a long list, next to the first one."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from itertools import pairwise

from django.utils import timezone

from accounts.models import LoginHistory, Session
from bench.context import ROUNDS, Bench
from bench.filling import fill_table
from bench.measuring import Sample, Target, http_request, take_turns
from bench.people import Person, make_people
from bench.results import Result
from bench.serving import Server, gunicorn
from bench.stats import median, paired_ratio
from nexusvpn.api.cursors import Position

ROWS, QUICK_ROWS = 10_000_000, 200_000
DEPTH = 0.9
LIMIT = 20
# Different places, so that no answer is that of the one before.
PLACES = 50
BATCH_S = 2.0
GOAL = 2.0


def run_p10(bench: Bench) -> list[Result]:
    rows = bench.size(ROWS, QUICK_ROWS)
    depth = int(rows * DEPTH)
    person = make_people(1)[0]
    _sign_in_often(person, rows)
    bench.checkpoint()
    cursors = [_cursor_after(person, rows, depth + LIMIT * number) for number in range(PLACES)]
    with gunicorn("nexusvpn.wsgi:application", bench.environment(), bench.folder) as server:
        _check(server, person, cursors)
        targets = {
            "first": Target(server, [http_request("GET", _address(""), person.token)], connections=1),
            "deep": Target(
                server, [http_request("GET", _address(each), person.token) for each in cursors], connections=1
            ),
        }
        samples = take_turns(targets, ROUNDS, bench.seconds(BATCH_S))
    return [_result(samples, rows, depth)]


def _sign_in_often(person: Person, rows: int) -> None:
    """One sign-in a second; the one with the highest id is the newest, as when they are written one by one."""
    columns = {
        "id": "%(rows)s - n + 1",
        "user_id": "%(user)s::uuid",
        "timestamp": "%(now)s::timestamptz - n * interval '1 second'",
        "outcome": "'success'",
        "kind": "'token'",
        "ip_address": "'198.51.100.7'",
        "user_agent": "'bench'",
    }
    fill_table(LoginHistory, rows, columns, user=person.id, now=timezone.now())


def _cursor_after(person: Person, rows: int, number: int) -> str:
    """What the answer that ended with the row of this number (from 1, the newest) has given as the next cursor."""
    row = LoginHistory.objects.get(user=person.user, pk=rows - number + 1, kind=Session.Kind.TOKEN)
    return Position(row.timestamp, row.pk).encode()


def _address(cursor: str) -> str:
    return f"/api/v1/auth/history?limit={LIMIT}&cursor={cursor}"


def _check(server: Server, person: Person, cursors: Sequence[str]) -> None:
    """Each of these slices is full and ends where the next one begins. Raises RuntimeError."""
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for here, following in pairwise(cursors):
        link.request("GET", _address(here), headers={"Authorization": f"Bearer {person.token}"})
        data = json.loads(link.getresponse().read())["data"]
        if len(data["items"]) != LIMIT or data["next_cursor"] != following:
            raise RuntimeError("a slice at depth is not the one that its cursor means")
    link.close()


def _result(samples: dict[str, list[Sample]], rows: int, depth: int) -> Result:
    waits = {name: [each.p50_ms for each in taken] for name, taken in samples.items()}
    cpu = {name: median([each.cpu_ms for each in taken]) for name, taken in samples.items()}
    value = paired_ratio(waits["deep"], waits["first"])
    how = (
        f"{ROUNDS} interleaved pairs over HTTP, one connection, {PLACES} cursors from row {depth:,} of {rows:,} on, all of one person; "
        f"median wait {median(waits['deep']):.2f} ms against {median(waits['first']):.2f} ms, CPU of the web workers {cpu['deep']:.2f} "
        f"against {cpu['first']:.2f} ms."
    )
    measure = f"GET /api/v1/auth/history?cursor=…, slice at row {depth:,} of {rows:,}"
    sizes = {"rows": rows, "depth": depth, "limit": LIMIT}
    kept = {name: [each.as_dict() for each in taken] for name, taken in samples.items()}
    shown = f"{value:.2f}× ({median(waits['deep']):.1f} ms)"
    return Result("P10", measure, "first slice", f"≤ {GOAL:.0f}×", value, shown, value <= GOAL, how, sizes, kept)
