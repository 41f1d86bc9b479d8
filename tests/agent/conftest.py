"""Nodes to test on."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.agent.fake_control import FakeControl
from tests.agent.namespaces import Customer, Namespace, unique_name
from tests.agent.needs import require_root_networking
from tests.agent.nodes import Connect, MakeNode
from tests.agent.processes import AgentProcess
from vpn.agent.identity import Identity, load_or_make_private_key
from vpn.agent.node import Node


@pytest.fixture
def space() -> Iterator[Namespace]:
    """An empty network namespace."""
    require_root_networking()
    namespace = Namespace()
    yield namespace
    namespace.close()


@pytest.fixture
def control(space: Namespace) -> Iterator[FakeControl]:
    """A control plane that listens inside the namespace."""
    with space.inside():
        fake = FakeControl()
    yield fake
    fake.close()


@pytest.fixture
def agent(space: Namespace, control: FakeControl, tmp_path: Path) -> Iterator[AgentProcess]:
    """An enrolled agent that has not been started."""
    process = AgentProcess(space, control, tmp_path / "state")
    yield process
    process.close()


@pytest.fixture
def connect(space: Namespace) -> Iterator[Connect]:
    """Makes customers whose cable leads to the node."""
    with ExitStack() as stack:

        def make(number: int) -> Customer:
            made = Customer(space, number)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture(params=["uapi", "wg"])
def make_node(request: pytest.FixtureRequest, space: Namespace, tmp_path: Path) -> Iterator[MakeNode]:
    """Makes the same node again and again, as an agent that was killed and started does."""
    state = tmp_path / "state"
    state.mkdir()
    addresses = ("10.99.0.1/16", "fd00:99::1/64")
    name = unique_name("wi")
    identity = Identity("http://c", "", "id", "nvn_x", name, addresses, 51820, 1420, backend=request.param)
    nodes: list[Node] = []

    def make() -> Node:
        node = Node(state, identity, load_or_make_private_key(state))
        nodes.append(node)
        node.ensure_interface()
        return node

    with space.inside():
        yield make
        for node in nodes:
            node.store.close()
