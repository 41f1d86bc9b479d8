"""P1, P2, P3: what a request costs, next to a raw WSGI hello and to a default DRF page on the same gunicorn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.context import ROUNDS, Bench
from bench.measuring import Sample, Target, http_request, saturation, take_turns
from bench.network import fill_server, make_location, make_servers
from bench.people import Person, make_people, make_tickets
from bench.results import Result
from bench.serving import gunicorn
from bench.stats import median, paired_ratio

PEOPLE = 20
TICKETS = 50
DEVICES = 50
BATCH_S = 1.5
HELLO = "bench.hello_wsgi:application"
PRODUCT = "nexusvpn.wsgi:application"


def run_p1(bench: Bench) -> list[Result]:
    with (
        gunicorn(HELLO, bench.environment(), bench.folder) as hello,
        gunicorn(PRODUCT, bench.environment(DJANGO_SETTINGS_MODULE="bench.plain_settings"), bench.folder) as product,
    ):
        targets = {
            "hello": Target(hello, [http_request("GET", "/")]),
            # Liveness by another address: under its own it has one thread, which answers while all others are busy.
            "plain": Target(product, [http_request("GET", "/api/plain")]),
            "nothing": Target(product, [http_request("GET", "/api/v1/nothing")], expect=404),
        }
        samples = take_turns(targets, ROUNDS, bench.seconds(BATCH_S))
    sizes = {"limits_in": bench.limits_in}
    return [
        _rate("P1", "liveness' view through the whole middleware, requests/s", samples, "plain", 0.60, sizes),
        # The least that an address of the API costs: what the first does, DRF, and one decision of the limits.
        _rate("P1", "GET /api/v1/nothing, 404 in the envelope, requests/s", samples, "nothing", None, sizes),
    ]


def run_p2(bench: Bench) -> list[Result]:
    sizes = {"users": PEOPLE, "tickets_each": TICKETS, "devices_each": DEVICES, "limits_in": bench.limits_in}
    people = _people_with_rows()
    bench.checkpoint()
    with (
        gunicorn(HELLO, bench.environment(), bench.folder) as hello,
        gunicorn(PRODUCT, bench.environment(), bench.folder) as product,
    ):
        targets = {
            "hello": Target(hello, [http_request("GET", "/")]),
            "tickets": Target(product, _lists("/api/v1/tickets?limit=20", people)),
            "devices": Target(product, _lists("/api/v1/devices?limit=20", people)),
        }
        samples = take_turns(targets, ROUNDS, bench.seconds(BATCH_S))
    return [
        _rate("P2", f"GET /api/v1/{name}?limit=20, signed in, requests/s", samples, name, 0.20, sizes)
        for name in ("tickets", "devices")
    ]


def run_p3(bench: Bench) -> list[Result]:
    sizes = {"users": PEOPLE, "tickets_each": TICKETS, "limits_in": bench.limits_in}
    people = make_people(PEOPLE)
    make_tickets(people, TICKETS)
    bench.checkpoint()
    with (
        gunicorn(PRODUCT, bench.environment(), bench.folder) as product,
        gunicorn(PRODUCT, bench.environment(DJANGO_SETTINGS_MODULE="bench.default_settings"), bench.folder) as usual,
    ):
        targets = {
            "tickets": Target(product, _lists("/api/v1/tickets?limit=20", people)),
            "default_drf": Target(usual, _lists("/api/v1/tickets", people)),
        }
        samples = take_turns(targets, ROUNDS, bench.seconds(BATCH_S))
    cpu = {name: [each.cpu_ms for each in taken] for name, taken in samples.items()}
    value = paired_ratio(cpu["tickets"], cpu["default_drf"])
    middle = {name: median(values) for name, values in cpu.items()}
    how = (
        f"CPU of the gunicorn workers from /proc, {ROUNDS} interleaved pairs of {bench.seconds(BATCH_S):g} s, median of the ratios: "
        f"{middle['tickets']:.2f} ms against {middle['default_drf']:.2f} ms per request.{saturation(samples)}"
    )
    measure = "GET /api/v1/tickets?limit=20, CPU per request"
    shown = f"{value:.2f} ({middle['tickets']:.2f} ms)"
    met = value <= 1 / 3
    return [Result("P3", measure, "default DRF list page", "≤ 0.33", value, shown, met, how, sizes, _raw(samples))]


def _people_with_rows() -> list[Person]:
    people = make_people(PEOPLE)
    make_tickets(people, TICKETS)
    # More devices than any plan has: the list must carry 20 rows.
    fill_server(make_servers([make_location("ams")])[0], people, DEVICES)
    return people


def _lists(path: str, people: Sequence[Person]) -> list[str]:
    return [http_request("GET", path, person.token) for person in people]


def _raw(samples: Mapping[str, Sequence[Sample]]) -> dict[str, Any]:
    return {name: [each.as_dict() for each in taken] for name, taken in samples.items()}


def _rate(
    id_: str,
    measure: str,
    samples: Mapping[str, Sequence[Sample]],
    name: str,
    goal: float | None,
    sizes: dict[str, Any],
) -> Result:
    """A result about requests/s of `name` as a share of the hello's; without a goal it says what else there is to know."""
    rates = {key: [each.per_second for each in samples[key]] for key in (name, "hello")}
    cpu = {key: median([each.cpu_ms for each in samples[key]]) for key in (name, "hello")}
    value = paired_ratio(rates[name], rates["hello"])
    how = (
        f"{ROUNDS} interleaved batches, 16 keep-alive connections, 2 workers of 8 threads, median of the ratios: "
        f"{median(rates[name]):.0f}/s against {median(rates['hello']):.0f}/s; CPU per request {cpu[name]:.2f} ms against "
        f"{cpu['hello']:.2f} ms (ratio {cpu['hello'] / cpu[name]:.2f}).{saturation(samples)}"
    )
    shown = f"{value:.2f} ({median(rates[name]):.0f}/s)"
    raw = {key: taken for key, taken in _raw(samples).items() if key in rates}
    wanted, met = ("–", None) if goal is None else (f"≥ {goal:.2f}", value >= goal)
    return Result(id_, measure, "raw WSGI hello", wanted, value, shown, met, how, sizes, raw)
