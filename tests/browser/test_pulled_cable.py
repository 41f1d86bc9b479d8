"""The pages that people and staff look at are right within seconds when a real node's cable is pulled, and when it is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from nexusvpn.local.assets import build_if_changed
from tests.browser.people import new_person, sign_in
from tests.live.requirements import missing_for_browser, need
from tests.live.stack import Stack
from tests.tunnel.client import TunnelClient

# A module's own fixtures come before those of the folder: this one's control plane is the one that the lab's node reaches.
from tests.tunnel.conftest import Node, lab, node, stack  # noqa: F401
from tests.tunnel.lab import WORLD_V4, Lab

pytestmark = pytest.mark.live
# The kernel gives a dead connection up after two seconds at most, a loss counts 0.7 s later, the status is computed every half second,
# and pages ask every 1.5 seconds: 4.7 s at worst.
WITHIN_S = 5.0


@pytest.fixture(scope="module", autouse=True)
def _assets() -> None:
    need(missing_for_browser())
    build_if_changed()


@pytest.fixture
def device(lab: Lab, stack: Stack, node: Node, tmp_path: Path) -> Iterator[tuple[str, str]]:  # noqa: F811
    """A customer's address and the device that is connected through the node."""
    stack.sql("TRUNCATE nexusvpn_counter")
    person = new_person(stack)
    made = stack.api("POST", "devices", {"name": "Laptop", "location": "demo-1"}, person.token)
    client = TunnelClient(lab, tmp_path)
    client.up(made.data["config"])
    client.wait_until_reaches(WORLD_V4, 5)
    yield person.email, made.data["id"]
    client.down()


def opened(open_context: Callable[..., BrowserContext], address: str, email: str = "") -> Page:
    page = open_context().new_page()
    if email:
        sign_in(page, email)
    page.goto(address)
    return page


def keeps(page: Page, place: str) -> Callable[[], str]:
    """What a page that is left open shows."""
    return lambda: page.locator(place).inner_text()


def loads(page: Page, place: str) -> Callable[[], str]:
    """What a page shows to whoever loads it."""

    def look() -> str:
        page.reload()
        return page.locator(place).inner_text()

    return look


def wait_for(looks: dict[str, tuple[Callable[[], str], str]]) -> dict[str, float]:
    """Seconds until each look has its words."""
    started, seen = time.monotonic(), dict[str, float]()
    while len(seen) < len(looks):
        for name, (look, words) in looks.items():
            if name not in seen and words in look():
                seen[name] = round(time.monotonic() - started, 2)
        missing = looks.keys() - seen.keys()
        assert time.monotonic() - started < WITHIN_S, f"{missing}: {[looks[name][0]() for name in missing]}"
        time.sleep(0.05)
    return seen


def test_status_page_device_page_and_nodes_page_follow_a_cable(
    open_context: Callable[..., BrowserContext],
    lab: Lab,  # noqa: F811
    stack: Stack,  # noqa: F811
    device: tuple[str, str],
) -> None:
    email, device_id = device
    staff = new_person(stack).email
    stack.sql("UPDATE accounts_user SET is_staff = true, is_superuser = true WHERE email = %s", staff)
    server = stack.sql("SELECT id::text FROM vpn_server WHERE name = 'demo-1'")[0][0]
    status = keeps(opened(open_context, "/status"), "#status-demo-1")
    customers = keeps(opened(open_context, f"/devices/{device_id}", email), "#device-state")
    nodes = loads(opened(open_context, f"/admin/vpn/server/{server}/change/", staff), "#content")
    connected = {
        "status": (status, "Works"),
        "device": (customers, "Connected"),
        "node": (nodes, "Heard now\tYes"),
    }
    wait_for(connected)
    lab.pull_cable("node")
    try:
        gone = wait_for(
            {"status": (status, "Down"), "device": (customers, "Not known"), "node": (nodes, "Heard now\tNo")}
        )
    finally:
        lab.plug_in("node")
    back = wait_for(connected)
    print(f"\nafter the cable was pulled {gone}, after it was back {back}")
