"""A node whose cable is pulled: what people are told is right within seconds, and right again when the cable is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.live.stack import Stack
from tests.tunnel.client import TunnelClient
from tests.tunnel.conftest import Node
from tests.tunnel.lab import WORLD_V4, Lab

pytestmark = pytest.mark.live
WITHIN_S = 5.0


class People:
    """What a customer with a connected device, and anybody, can see."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.token = stack.new_customer("watcher@example.com")
        made = stack.api("POST", "devices", {"name": "Laptop", "location": "demo-1"}, self.token)
        self.device, self.config = made.data["id"], made.data["config"]

    def _ask(self, path: str, token: str | None = None) -> Any:
        # The limits are for people; this test asks all the time.
        self.stack.sql("DELETE FROM nexusvpn_counter")
        answer = self.stack.api("GET", path, token=token)
        assert answer.status == 200, answer.body
        return answer.data

    def location(self) -> str:
        items = self._ask("locations")["items"]
        return "up" if next(item for item in items if item["slug"] == "demo-1")["online"] else "down"

    def status(self) -> str:
        items = self._ask("status")["locations"]
        return str(next(item for item in items if item["slug"] == "demo-1")["state"])

    def connection(self) -> str:
        told = str(self._ask(f"devices/{self.device}", self.token)["connection"])
        return {"online": "up", "unknown": "down"}.get(told, told)


@pytest.fixture(scope="module")
def people(lab: Lab, stack: Stack, node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    made = People(stack)
    client = TunnelClient(lab, tmp_path_factory.mktemp("client"))
    client.up(made.config)
    client.wait_until_reaches(WORLD_V4, 5)
    wait_for("up", {"connection": made.connection})
    yield made
    client.down()


def wait_for(state: str, looks: dict[str, Callable[[], str]], at_most: float = WITHIN_S) -> dict[str, float]:
    """Seconds until each look shows the state."""
    started, seen = time.monotonic(), dict[str, float]()
    while len(seen) < len(looks):
        for name, look in looks.items():
            if name not in seen and look() == state:
                seen[name] = round(time.monotonic() - started, 2)
        assert time.monotonic() - started < at_most, f"{state} only for {seen}"
        time.sleep(0.05)
    return seen


def test_everybody_is_told_within_five_seconds_when_a_cable_is_pulled_and_when_it_is_back(
    lab: Lab, node: Node, people: People
) -> None:
    looks = {"location": people.location, "status": people.status, "connection": people.connection}
    lab.pull_cable("node")
    gone = wait_for("down", looks)
    lab.plug_in("node")
    back = wait_for("up", looks)
    print(f"\nseconds until it shows: pulled {gone}, back {back}")
