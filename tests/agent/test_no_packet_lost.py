"""A change of one peer costs the others no packet: counted with the pings of a customer while others come and go."""

import pytest

from tests.agent.fake_control import FakeControl
from tests.agent.namespaces import Customer
from tests.agent.nodes import Connect
from tests.agent.pinging import Pinging
from tests.agent.processes import AgentProcess, make_peer

STANDING = 10_000
PINGS = 2000
AT_LEAST = 20


@pytest.fixture
def alice(agent: AgentProcess, control: FakeControl, connect: Connect) -> Customer:
    """Connected, on a node with many others."""
    customer = connect(1)
    standing = [make_peer(number) for number in range(300, 300 + STANDING)]
    revision = control.upsert(customer.peer, *standing)
    agent.start()
    control.wait_applied(revision)
    customer.connect(agent.public_key(), 51820)
    assert customer.ping()
    return customer


def test_while_peers_come_and_go_no_packet_of_the_others_is_lost(control: FakeControl, alice: Customer) -> None:
    pinging = Pinging(alice, PINGS, every_s=0.01, patience_s=10)
    changes = 0
    while pinging.goes_on:
        guest = make_peer(100 + changes % 100)
        control.wait_applied(control.upsert(guest))
        control.wait_applied(control.remove(guest["public_key"]))
        changes += 1
    assert pinging.lost() == 0
    assert changes >= AT_LEAST


def test_a_peer_that_is_replaced_is_noticed_by_the_same_counting(agent: AgentProcess, alice: Customer) -> None:
    """The negative control: she is taken off by hand, and put back by the agent."""
    pinging = Pinging(alice, PINGS // 4, every_s=0.01)
    agent.space.run("wg", "set", agent.interface, "peer", alice.keys.public_key, "remove")
    assert pinging.lost() > 0
