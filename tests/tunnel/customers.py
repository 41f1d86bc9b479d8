"""A customer with one device and a tunnel, and how long it takes until a change of mind reaches the tunnel."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.stack import Answer, Stack
from tests.tunnel.client import TunnelClient
from tests.tunnel.lab import WORLD_V4, Lab

# What nobody may be told of a device whose packets are still answered.
GONE = {"suspended", "stopped", "removed"}
WITHIN_S = 5.0


@dataclass
class Customer:
    stack: Stack
    client: TunnelClient
    email: str
    token: str
    device: str
    config: str

    def api(self, method: str, path: str, body: Any = None) -> Answer:
        # The limits are for people; these tests ask all the time.
        self.stack.sql("TRUNCATE nexusvpn_counter")
        return self.stack.api(method, path, body, self.token)

    def shown(self) -> dict[str, Any]:
        data: dict[str, Any] = self.api("GET", f"devices/{self.device}").data
        return data

    def states(self) -> set[str]:
        """What is said of the device and of each of its places."""
        shown = self.shown()
        return {shown["state"], *(place["state"] for place in shown["places"])}

    def usage(self) -> tuple[int, int]:
        data = self.api("GET", "usage").data
        return data["bytes_up"], data["bytes_down"]

    def send(self, packets: int, size: int = 1000) -> str:
        """Pings, one every 2 ms, and ping's own summary of them."""
        command = ["ping", "-n", "-q", "-i", "0.002", "-W", "0.5", "-c", str(packets), "-s", str(size), WORLD_V4]
        return self.client.lab.in_("client", *command, check=False)

    def until_cut_off(self, act: Callable[[], float]) -> tuple[float, float]:
        """Seconds from the time that `act` returns, which is that of its deed, to the first unanswered ping, and to the word of it.

        At no time is the device said to be gone and answers all the same.
        """
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(act)
            return self._watch_the_end(done)

    def _watch_the_end(self, done: Future[float]) -> tuple[float, float]:
        silent: float | None = None
        deadline = time.monotonic() + 40
        while True:
            said = self.states() & GONE
            asked = time.time()
            answered = self.client.reaches(WORLD_V4, 0.3)
            assert not (said and answered), f"said to be {said}, and a ping is answered"
            silent = None if answered else silent or asked
            if silent and said and done.done():
                began = done.result()
                return round(silent - began, 2), round(asked - began, 2)
            assert time.monotonic() < deadline, f"answered: {answered}, said: {self.states()}"

    def until_back(self, act: Callable[[], float]) -> float:
        """Seconds from the deed to the first answer for a customer who connects."""
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(act)
            deadline = time.monotonic() + 40
            while not self.client.connects_anew(WORLD_V4):
                assert time.monotonic() < deadline, self.shown()
                if done.done():
                    done.result()
        return round(time.time() - done.result(), 2)


def make_customer(lab: Lab, stack: Stack, folder: Path, location: str = "demo-1") -> Customer:
    stack.sql("TRUNCATE nexusvpn_counter")
    email = f"f{time.monotonic_ns()}@example.com"
    token = stack.new_customer(email)
    made = stack.api("POST", "devices", {"name": "Laptop", "location": location}, token)
    assert made.status == 201, made.body
    client = TunnelClient(lab, folder)
    client.up(made.data["config"])
    client.wait_until_reaches(WORLD_V4, 5)
    return Customer(stack, client, email, token, made.data["id"], made.data["config"])


def served_by(stack: Stack, code: str) -> float:
    """Run code on the control plane, as staff's pages and jobs do; returns when it began."""
    setting = "import time\nfrom accounts.models import User\nprint(time.time())\n"
    return float(stack.manage("shell", "--no-imports", "-c", setting + code).splitlines()[0])
