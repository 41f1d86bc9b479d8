"""The addresses that a node says it has on the internet."""

from tests.agent.namespaces import Namespace
from tests.agent.nodes import MakeNode
from vpn.agent.egress import own_addresses
from vpn.agent.reports import ReportWriter

V4, V6 = "185.12.64.9", "2a01:4f8::9"


def give(space: Namespace, *addresses: str) -> None:
    """Give the machine addresses and a default route from each."""
    space.run("ip", "link", "add", "out", "type", "veth", "peer", "name", "beyond")
    for end in ("out", "beyond"):
        space.run("ip", "link", "set", end, "up")
    for address in addresses:
        space.run("ip", "address", "add", address, "dev", "out", *(["nodad"] if ":" in address else []))
        space.run("ip", "-6" if ":" in address else "-4", "route", "add", "default", "dev", "out")


def test_a_machine_without_a_way_to_the_internet_has_none(space: Namespace) -> None:
    with space.inside():
        assert own_addresses() == []


def test_each_family_has_its_address(space: Namespace) -> None:
    give(space, V4, V6)
    with space.inside():
        assert own_addresses() == [V4, V6]


def test_an_address_behind_a_gateway_is_none_that_the_world_sees(space: Namespace) -> None:
    give(space, "192.168.7.9", V6)
    with space.inside():
        assert own_addresses() == [V6]


def test_every_report_names_them(make_node: MakeNode, space: Namespace) -> None:
    node = make_node()
    give(space, V4, V6)
    assert ReportWriter(node).write(None, finals_only=True).body["egress"] == [V4, V6]
