"""Asks a service whether it lives, again and again, and prints how long each answer took, in seconds, as JSON.

A program of its own, so that the threads of a test that makes the load do not slow the clock down.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

EVERY_S = 0.03


@dataclass(frozen=True)
class Liveness:
    slowest: float
    # 95 of 100 answers came within this time.
    usual: float


def liveness(url: str, seconds: float) -> Liveness:
    """Ask the service at `url` for so many seconds."""
    command = [sys.executable, "-m", "tests.live.liveness", url, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True)
    took = sorted(json.loads(done.stdout))
    return Liveness(took[-1], took[len(took) * 95 // 100])


def ask(url: str, seconds: float) -> list[float]:
    place = urlsplit(url)
    assert place.hostname is not None
    took = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        started = time.monotonic()
        link = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
        link.request("GET", "/api/health/liveness")
        assert link.getresponse().status == 200
        link.close()
        took.append(time.monotonic() - started)
        time.sleep(EVERY_S)
    return took


if __name__ == "__main__":
    print(json.dumps(ask(sys.argv[1], float(sys.argv[2]))))
