"""One batch of requests to one server, and several servers in turns."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.serving import ROOT, Server
from bench.stats import median, percentile

# A generator that is busy for longer than this share of the time may itself have been the limit.
SATURATED = 0.9


@dataclass(frozen=True)
class Sample:
    """One batch: requests and their rate, milliseconds of the server's CPU per request, the generator's own load and lost connections."""

    requests: int
    per_second: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float
    generator_busy: float
    reconnects: int

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Target:
    """Requests for one server; `connections` are kept busy at once, every answer is to have the status `expect`."""

    server: Server
    requests: Sequence[str]
    connections: int = 16
    expect: int = 200


def http_request(method: str, path: str, token: str | None = None, body: Any = None, *, packed: bool = False) -> str:
    """A whole HTTP/1.1 request, as a browser behind a proxy would send it but for the headers that nobody reads."""
    content = "" if body is None else json.dumps(body)
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    head += [f"Authorization: Bearer {token}"] if token else []
    head += ["Accept-Encoding: gzip"] if packed else []
    head += ["Content-Type: application/json", f"Content-Length: {len(content)}"] if content else []
    return "\r\n".join([*head, "", content])


def run_load(target: Target, seconds: float, *, repeat: bool = True) -> tuple[Sample, list[float]]:
    """Send for `seconds`; returns the sample and every latency (s). Raises RuntimeError for an answer of another status."""
    order = {
        "port": target.server.port,
        "connections": target.connections,
        "seconds": seconds,
        "repeat": repeat,
        "requests": list(target.requests),
    }
    before = target.server.cpu_s()
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        cwd=ROOT,
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=seconds + 90,
        check=False,
    )
    cpu_s = target.server.cpu_s() - before
    if done.returncode != 0:
        raise RuntimeError(f"the load generator failed: {done.stderr[-500:]}")
    answer = json.loads(done.stdout)
    count = answer["statuses"].pop(str(target.expect), 0)
    if answer["statuses"] or not count:
        raise RuntimeError(f"{count} answers were {target.expect}, but there were others: {answer['statuses']}")
    latencies = answer["latencies_s"]
    sample = Sample(
        requests=count,
        per_second=count / answer["wall_s"],
        cpu_ms=1000 * cpu_s / count,
        p50_ms=1000 * median(latencies),
        p99_ms=1000 * percentile(latencies, 99),
        generator_busy=answer["cpu_s"] / answer["wall_s"],
        reconnects=answer["reconnects"],
    )
    return sample, latencies


def take_turns(targets: Mapping[str, Target], rounds: int, seconds: float) -> dict[str, list[Sample]]:
    """`rounds` batches of each, interleaved (A B C A B C …), after a warm-up that is not counted."""
    for target in targets.values():
        run_load(target, min(seconds, 0.5))
    samples: dict[str, list[Sample]] = {name: [] for name in targets}
    for _ in range(rounds):
        for name, target in targets.items():
            samples[name].append(run_load(target, seconds)[0])
    return samples


def saturation(samples: Mapping[str, Sequence[Sample]]) -> str:
    """A remark about batches in which the generator was the limit, or ""."""
    busy = [name for name, taken in samples.items() if median([each.generator_busy for each in taken]) > SATURATED]
    return f" The load generator was saturated by: {', '.join(busy)}; its ratio is flattered." if busy else ""
