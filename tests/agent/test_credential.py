"""A node takes a new credential when it is told to, and misses nothing on the way."""

import json
import time

from tests.agent.fake_control import CREDENTIAL, FakeControl, send_error
from tests.agent.namespaces import wait_until
from tests.agent.processes import AgentProcess, make_peer


def kept(agent: AgentProcess) -> str:
    return str(json.loads((agent.state_dir / "identity.json").read_text())["credential"])


def test_it_fetches_keeps_and_uses_a_new_one_without_a_pause(agent: AgentProcess, control: FakeControl) -> None:
    first, second, third = make_peer(1), make_peer(2), make_peer(3)
    revision = control.upsert(first)
    agent.start()
    control.wait_applied(revision)
    control.rotate_credential = True
    wait_until(lambda: control.credential != CREDENTIAL)
    assert kept(agent) == control.credential
    # The request that hung with the former credential is refused; the next one must follow at once.
    started = time.monotonic()
    control.wait_applied(control.upsert(second))
    assert time.monotonic() - started < 3
    agent.end()
    agent.start()
    control.wait_applied(control.upsert(third))
    assert set(agent.peers()) == {peer["public_key"] for peer in (first, second, third)}


def test_a_lost_answer_costs_nothing(agent: AgentProcess, control: FakeControl) -> None:
    lost: list[str] = []

    def lose_the_first(handler: object, name: str) -> bool:
        if name == "credential" and not lost:
            lost.append(name)
            send_error(handler, 503, "unavailable")  # type: ignore[arg-type]
            return True
        return False

    control.sabotage = lose_the_first
    control.rotate_credential = True
    revision = control.upsert(make_peer(1))
    agent.start()
    control.wait_applied(revision)
    wait_until(lambda: control.credential != CREDENTIAL)
    assert lost
    assert kept(agent) == control.credential
