"""A machine that gets its way into the world back asks at once, however long it would have waited."""

import time
from http.server import BaseHTTPRequestHandler

import pytest

from tests.agent.fake_control import FakeControl
from tests.agent.namespaces import Namespace, wait_until
from tests.agent.processes import AgentProcess
from vpn.agent.uplink import Uplink, default_ways


def make_link(space: Namespace) -> None:
    space.run("ip", "link", "add", "way", "type", "veth", "peer", "name", "far")
    space.run("ip", "address", "add", "198.51.100.2/24", "dev", "way")
    space.run("ip", "address", "add", "2001:db8:9::2/64", "dev", "way", "nodad")
    for end in ("way", "far"):
        space.run("ip", "link", "set", end, "up")


@pytest.mark.parametrize("gateway", ["198.51.100.1", "2001:db8:9::1"])
def test_a_route_that_comes_back_is_noticed_once(space: Namespace, gateway: str) -> None:
    with space.inside():
        uplink = Uplink()
        assert not default_ways()
        make_link(space)
        assert not uplink.came_back()
        space.run("ip", "route", "add", "default", "via", gateway)
        wait_until(uplink.came_back)
        assert not uplink.came_back()


def test_a_link_that_comes_back_is_noticed_and_one_that_goes_is_not(space: Namespace) -> None:
    with space.inside():
        make_link(space)
        space.run("ip", "route", "add", "default", "via", "198.51.100.1")
        wait_until(lambda: bool(default_ways()))
        uplink = Uplink()
        space.run("ip", "link", "set", "far", "down")
        wait_until(lambda: not default_ways())
        assert not uplink.came_back()
        space.run("ip", "link", "set", "far", "up")
        wait_until(uplink.came_back)


def test_the_agent_does_not_wait_out_its_back_off(agent: AgentProcess, control: FakeControl, space: Namespace) -> None:
    def away(handler: BaseHTTPRequestHandler, _name: str) -> bool:
        handler.send_response(503)
        for name, value in (("Retry-After", "300"), ("Content-Length", "0")):
            handler.send_header(name, value)
        handler.end_headers()
        return True

    control.sabotage = away
    agent.start()
    wait_until(lambda: {"state", "report"} <= {name for _, name in control.requests}, why="both are told to wait")
    control.sabotage = None
    asked = len(control.requests)
    time.sleep(1.2)
    assert len(control.requests) == asked
    make_link(space)
    space.run("ip", "route", "add", "default", "via", "198.51.100.1")
    wait_until(lambda: {"snapshot", "report"} <= {name for _, name in control.requests[asked:]}, timeout_s=3)
