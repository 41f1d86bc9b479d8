"""Nodes to test on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.agent.fake_control import FakeControl
from tests.agent.namespaces import Customer, Namespace
from tests.agent.needs import require_root_networking
from tests.agent.processes import AgentProcess


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
def connect(agent: AgentProcess) -> Iterator[Callable[[int], Customer]]:
    """Makes customers whose cable leads to the node."""
    with ExitStack() as stack:

        def make(number: int) -> Customer:
            customer = Customer(agent.space, number)
            stack.callback(customer.close)
            return customer

        yield make
