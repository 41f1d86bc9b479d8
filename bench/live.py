"""P14: from sending `POST /devices` until a real node has confirmed the peer, with many peers on it and many nodes waiting."""

from __future__ import annotations

import http.client
import json
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from bench.context import Bench
from bench.lab import Lab, lab, why_no_lab
from bench.network import fill_server, make_location, make_servers
from bench.node import RealNode
from bench.people import Person, make_people
from bench.results import Result, skipped
from bench.serving import ROOT, WAITING, free_port, gunicorn
from bench.stats import median, percentile
from vpn.models import NodeStatus, NodeToken, Server
from vpn.services.nodes import CREDENTIAL_PREFIX, hash_token
from vpn.services.simulation import new_key

MEASURE = "POST /api/v1/devices → peer confirmed by the node"
DEVICES_EACH = 10
P50_MS, P99_MS = 50.0, 250.0
WARM_UP = 10
GIVE_UP_S = 20.0


@dataclass
class Timings:
    """Milliseconds per creation: until the API said "active", and until the node's report had arrived."""

    answered: list[float] = field(default_factory=list)
    reported: list[float] = field(default_factory=list)
    # Creations whose answer said "activating": the wait within the request was over before the node's report came.
    activating: int = 0


@dataclass
class Scene:
    """What both lines share: a node with its peers, the other servers' credentials, and customers with room for devices."""

    bench: Bench
    lab: Lab
    server: Server
    others: list[tuple[str, str, int]]
    customers: Iterator[tuple[Person, int]]
    port: int
    poll_port: int
    created: set[str] = field(default_factory=set)


def run_p14(bench: Bench) -> list[Result]:
    reason = why_no_lab()
    if reason:
        return [skipped("P14", MEASURE, reason)]
    peers, waiting = bench.size(10_000, 1_000), bench.size(500, 50)
    results = []
    with lab() as made, ExitStack() as stack:
        scene = _scene(bench, made, peers, waiting - 1)
        node = RealNode(made, bench.folder, scene.server)
        stack.callback(node.stop)
        passes = [(bench.redis_url, bench.size(300, 50))] if bench.redis_url else []
        for redis_url, creations in [*passes, ("", bench.size(60, 15))]:
            with _control_plane(scene, redis_url):
                if not scene.created:
                    node.start(f"http://{made.host}:{scene.port}")
                caught_up_s = node.wait_until_caught_up()
                with _waiting_nodes(scene):
                    timings = _create(scene, creations, pause_s=0.02 if redis_url else 0.2)
            results.append(_result(timings, redis_url, peers, waiting, caught_up_s))
        missing = scene.created - node.peers()
    if missing:
        raise RuntimeError(f"{len(missing)} of {len(scene.created)} confirmed peers are not on the interface")
    return results


def _scene(bench: Bench, made: Lab, peers: int, others: int) -> Scene:
    live = make_location("live")
    server = make_servers(
        [live], public_key=None, state=Server.State.ENROLLING, public_endpoint=made.node_address, name="live"
    )[0]
    fill_server(server, make_people(peers // DEVICES_EACH), DEVICES_EACH)
    servers = make_servers([make_location("others")] * others)
    credentials = [CREDENTIAL_PREFIX + secrets.token_urlsafe(32) for _ in servers]
    NodeToken.objects.bulk_create(
        [
            NodeToken(server=other, kind=NodeToken.Kind.CREDENTIAL, token_hash=hash_token(credential))
            for other, credential in zip(servers, credentials, strict=True)
        ]
    )
    waiting = [(c, str(other.epoch), other.revision) for other, c in zip(servers, credentials, strict=True)]
    customers = make_people(bench.size(50, 12))
    bench.checkpoint()
    places = ((person, number) for number in range(DEVICES_EACH) for person in customers)
    return Scene(bench, made, server, waiting, places, free_port(made.host), free_port(made.host))


@contextmanager
def _control_plane(scene: Scene, redis_url: str) -> Iterator[None]:
    """The web process and the one in which nodes wait; on the same ports each time, since the node knows them."""
    hosts = f"127.0.0.1,{scene.lab.host}"
    environment = scene.bench.environment(
        REDIS_URL=redis_url, ALLOWED_HOSTS=hosts, NODE_POLL_URL=f"http://{scene.lab.host}:{scene.poll_port}"
    )
    folder, host = scene.bench.folder, scene.lab.host
    with (
        gunicorn("nexusvpn.asgi:application", environment, folder, WAITING, also_on=host, port=scene.poll_port),
        gunicorn("nexusvpn.wsgi:application", environment, folder, also_on=host, port=scene.port),
    ):
        yield


@contextmanager
def _waiting_nodes(scene: Scene) -> Iterator[None]:
    """The other nodes, each hanging in its request; raises RuntimeError at the end if one was answered wrongly."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.waiting_nodes"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps({"port": scene.poll_port, "nodes": scene.others}) + "\n")
        process.stdin.flush()
        if process.stdout.readline() != "waiting\n":
            raise RuntimeError("the waiting nodes did not start")
        # The last of them are still being authenticated.
        time.sleep(1)
        yield
        process.stdin.close()
        found = json.loads(process.stdout.readline())
        if found["wrong"]:
            raise RuntimeError(f"waiting nodes got {found['wrong']} wrong answers of {found['answered']}")
    finally:
        process.kill()
        process.wait()
        with suppress(OSError):
            process.stdin.close()
        process.stdout.close()


def _create(scene: Scene, count: int, pause_s: float) -> Timings:
    """One creation after the other, with pauses of random length, so that they do not march in step with anybody's clock."""
    connection = http.client.HTTPConnection("127.0.0.1", scene.port, timeout=GIVE_UP_S)
    connection.connect()
    timings = Timings()
    for number in range(WARM_UP + count):
        if number == WARM_UP:
            timings = Timings()
        person, device = next(scene.customers)
        _create_one(connection, scene, person, f"Device {device}", timings)
        time.sleep(random.uniform(0, pause_s))
    connection.close()
    return timings


def _create_one(
    connection: http.client.HTTPConnection, scene: Scene, person: Person, name: str, timings: Timings
) -> None:
    key = new_key()
    started, at = time.perf_counter(), time.time()
    body = {"name": name, "location": "live", "public_key": key}
    device = _call(connection, "POST", "/api/v1/devices", person, body)
    if device["state"] != "active":
        timings.activating += 1
    while device["state"] != "active":
        if time.perf_counter() - started > GIVE_UP_S:
            raise RuntimeError("the node never confirmed a device")
        time.sleep(0.005)
        device = _call(connection, "GET", f"/api/v1/devices/{device['id']}", person)
    timings.answered.append(1000 * (time.perf_counter() - started))
    reported = NodeStatus.objects.values_list("last_report_at", flat=True).get(server=scene.server)
    if reported is not None:
        timings.reported.append(1000 * (reported.timestamp() - at))
    scene.created.add(key)


def _call(connection: http.client.HTTPConnection, method: str, path: str, person: Person, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    if answer.status not in (200, 201):
        raise RuntimeError(f"{method} {path} answered {answer.status} {content.get('error')}")
    return content["data"]


def _result(timings: Timings, redis_url: str, peers: int, waiting: int, caught_up_s: float) -> Result:
    p50, p99 = median(timings.answered), percentile(timings.answered, 99)
    goal = f"p50 ≤ {P50_MS:.0f} ms, p99 ≤ {P99_MS:.0f} ms" if redis_url else "–"
    met = (p50 <= P50_MS and p99 <= P99_MS) if redis_url else None
    how = (
        f"{len(timings.answered)} creations one after the other, a real agent and wireguard-go in a network namespace with {peers} peers, "
        f"{waiting} nodes waiting, wake-ups by {'Redis' if redis_url else 'the poll every 200 ms'}: until the API answers `active` p50 "
        f"{p50:.0f}, p90 {percentile(timings.answered, 90):.0f}, p99 {p99:.0f} ms; the node's report began to be stored p50 "
        f"{median(timings.reported):.0f}, p99 {percentile(timings.reported, 99):.0f} ms; {timings.activating} answered `activating` first. "
        f"All peers were on the interface. (Caught up in {caught_up_s:.1f} s.)"
    )
    measure = MEASURE + ("" if redis_url else ", without Redis")
    samples = {
        "answered_ms": [round(value, 2) for value in timings.answered],
        "reported_ms": [round(value, 2) for value in timings.reported],
    }
    sizes = {"peers": peers, "nodes_waiting": waiting, "creations": len(timings.answered)}
    shown = f"{p50:.0f} ms, {p99:.0f} ms"
    return Result("P14", measure, "–", goal, p50, shown, met, how, sizes, samples)
