"""What the agent made goes, and only that."""

import shutil
import signal
from pathlib import Path

import pytest

from tests.agent.fake_control import FakeControl
from tests.agent.namespaces import Namespace, wait_until
from tests.agent.processes import AgentProcess, make_peer

FORWARDING = ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")


def serve(agent: AgentProcess, control: FakeControl, *arguments: str) -> None:
    revision = control.upsert(make_peer(1))
    agent.start(*arguments)
    control.wait_applied(revision)
    wait_until(lambda: "masquerade" in agent.space.run("nft", "list", "ruleset"))


def assert_nothing_left(agent: AgentProcess) -> None:
    assert not agent.space.has_link(agent.interface)
    assert "nexusvpn" not in agent.space.run("nft", "list", "ruleset")
    wait_until(lambda: not Path(f"/var/run/wireguard/{agent.interface}.sock").exists())


def test_teardown_removes_what_was_made_and_may_be_repeated(agent: AgentProcess, control: FakeControl) -> None:
    space = agent.space
    space.run("nft", "add", "table", "inet", "somebody")
    space.run("ip", "link", "add", "dummy-up", "type", "veth", "peer", "name", "other-end")
    space.run("sysctl", "-w", "net.ipv6.conf.dummy-up.accept_ra=1")
    before = [space.sysctl(name) for name in FORWARDING]
    serve(agent, control)
    assert [space.sysctl(name) for name in FORWARDING] == ["1", "1"]
    assert space.sysctl("net.ipv6.conf.dummy-up.accept_ra") == "2", "router advertisements stay in force"
    agent.end()
    assert len(agent.peers()) == 1, "ending the agent leaves the tunnels up"
    agent.command("teardown")
    agent.command("teardown")
    assert_nothing_left(agent)
    assert [space.sysctl(name) for name in FORWARDING] == before == ["0", "0"]
    assert space.sysctl("net.ipv6.conf.dummy-up.accept_ra") == "1"
    assert "somebody" in space.run("nft", "list", "ruleset")


def test_sysctls_that_were_on_already_stay_on(agent: AgentProcess, control: FakeControl) -> None:
    agent.space.run("sysctl", "-w", "net.ipv4.ip_forward=1")
    serve(agent, control)
    agent.end(signal.SIGKILL)
    agent.start()  # a second start must not take its own changes for what was there before
    wait_until(lambda: len(control.reports) > 3)
    agent.end()
    agent.command("teardown")
    assert [agent.space.sysctl(name) for name in FORWARDING] == ["1", "0"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_ephemeral_agent_cleans_up_when_it_is_ended(agent: AgentProcess, control: FakeControl, number: int) -> None:
    serve(agent, control, "--ephemeral")
    assert agent.end(number) == 0
    assert_nothing_left(agent)
    assert [agent.space.sysctl(name) for name in FORWARDING] == ["0", "0"]


def test_teardown_refuses_while_the_agent_runs(agent: AgentProcess, control: FakeControl) -> None:
    serve(agent, control)
    assert "another agent is using" in agent.command("teardown", check=False)
    assert len(agent.peers()) == 1


def test_a_copy_of_the_state_directory_neither_serves_nor_tears_down_what_another_agent_serves(
    agent: AgentProcess, control: FakeControl
) -> None:
    serve(agent, control)
    original, copy = agent.state_dir, agent.state_dir.with_name("copy")
    shutil.copytree(original, copy)
    try:
        agent.state_dir = copy
        for name in ("run", "teardown"):
            assert f"another agent is serving {agent.interface}" in agent.command(name, check=False)
    finally:
        agent.state_dir = original
    assert len(agent.peers()) == 1


def test_an_interface_that_somebody_else_made_is_left_alone(
    agent: AgentProcess, control: FakeControl, space: Namespace
) -> None:
    space.run("ip", "link", "add", agent.interface, "type", "veth", "peer", "name", "other-end")
    assert "was not made by this agent" in agent.command("run", check=False)
    agent.command("teardown")
    assert space.has_link(agent.interface)


def test_a_flushed_firewall_comes_back(agent: AgentProcess, control: FakeControl) -> None:
    serve(agent, control)
    agent.space.run("nft", "flush", "ruleset")
    wait_until(lambda: "masquerade" in agent.space.run("nft", "list", "ruleset"))


def test_status_tells_how_things_are_and_no_secret(agent: AgentProcess, control: FakeControl) -> None:
    serve(agent, control)
    shown = agent.command("status")
    assert f"{agent.interface} (up, 1 peers)" in shown
    assert "running" in shown
    for name in ("private.key", "identity.json"):
        assert (agent.state_dir / name).stat().st_mode & 0o777 == 0o600
    assert agent.state_dir.stat().st_mode & 0o777 == 0o700
    secret = (agent.state_dir / "private.key").read_text().strip()
    everything = shown + agent.log.read_text()
    assert secret not in everything
    assert "nvn_" not in everything
