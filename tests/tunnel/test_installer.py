"""One pasted command makes a machine a node that carries packets; the same again brings it up to date; another takes it all back."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.requirements import need_program
from tests.live.stack import Stack
from tests.tunnel.client import TunnelClient
from tests.tunnel.lab import WORLD_V4, WORLD_V6, Lab
from tests.tunnel.machine import Machine, as_the_unit_runs_it

pytestmark = pytest.mark.live
AGENT = "/usr/local/lib/nexusvpn/agent.pyz"
STATE = "/var/lib/nexusvpn-agent"
UNIT = "/etc/systemd/system/nexusvpn-agent.service"


@pytest.fixture(scope="module")
def stack(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Its address is the one that nodes reach: the script has it."""
    need_program("curl")
    made = Stack(os.environ["DATABASE_URL"], tmp_path_factory.mktemp("stack"), hosts=["127.0.0.1", lab.host])
    made.environment["SITE_URL"] = made.node_url
    try:
        made.start()
        made.manage("create_demo_data", "--local-node-endpoint", lab.node_address)
        yield made
    finally:
        made.stop()


@pytest.fixture
def machine(lab: Lab) -> Iterator[Machine]:
    made = Machine(lab)
    yield made
    made.close()


def pasted(machine: Machine, command: str) -> subprocess.CompletedProcess[str]:
    return machine.run("sh", "-c", command)


def service(machine: Machine, log: Path) -> None:
    """What the unit would start."""
    machine.start(log, *as_the_unit_runs_it(STATE, "/usr/bin/python3", "-I", AGENT, "run", "--state-dir", STATE))


def new_device(stack: Stack) -> str:
    """The configuration of a customer's device, once its node has taken it."""
    token = stack.new_customer("new@example.com")
    body = {"name": "Laptop", "location": "demo-1"}
    give_up = time.monotonic() + 15
    while True:
        made = stack.api("POST", "devices", body, token)
        if made.status == 201:
            assert made.data["state"] == "active"
            return str(made.data["config"])
        assert (made.body["error"]["code"], time.monotonic() < give_up) == ("location_unavailable", True), made.body
        time.sleep(0.2)


def test_a_machine_becomes_a_node_stays_one_through_an_upgrade_and_is_clean_again(
    lab: Lab, stack: Stack, machine: Machine, tmp_path: Path
) -> None:
    command = stack.manage("issue_node_enrolment", "demo-1").strip()
    assert command.startswith("curl -fsS ")
    done = pasted(machine, command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "enrolled as" in done.stdout
    assert f"/usr/bin/python3 -I {AGENT} run --state-dir {STATE}" in done.stdout
    assert not machine.files("/etc/systemd/system")
    token = command.split("NEXUSVPN_ENROLMENT_TOKEN=")[1].split()[0]
    assert token not in done.stdout + done.stderr

    service(machine, tmp_path / "agent.log")
    client = TunnelClient(lab, tmp_path)
    client.up(new_device(stack))
    client.wait_until_reaches(WORLD_V4, 5)
    assert client.reaches(WORLD_V6)

    # Again, as an upgrade: the agent ends and starts, and no packet of the meantime is lost.
    pings = subprocess.Popen(
        ["ip", "netns", "exec", lab.client, "ping", "-n", "-q", "-i", "0.02", "-c", "150", "-W", "1", WORLD_V4],
        stdout=subprocess.PIPE,
        text=True,
    )
    machine.end_what_runs()
    upgraded = pasted(machine, command.replace(f"NEXUSVPN_ENROLMENT_TOKEN={token} ", ""))
    assert upgraded.returncode == 0, upgraded.stderr
    service(machine, tmp_path / "agent.log")
    assert "150 received" in pings.communicate(timeout=30)[0]
    client.down()

    uninstall = command.replace(f"NEXUSVPN_ENROLMENT_TOKEN={token} sh", "sh -s -- --uninstall")
    refused = pasted(machine, uninstall)
    assert refused.returncode == 1
    assert "end the agent that is still running" in refused.stderr
    machine.end_what_runs()
    removed = pasted(machine, uninstall)
    assert removed.returncode == 0, removed.stderr
    assert not machine.files("/usr/local/lib") | machine.files("/var/lib") | machine.files("/tmp")
    assert "wg-nexus" not in machine.run("ip", "link").stdout
    assert "nexusvpn" not in machine.run("nft", "list", "tables").stdout
    assert pasted(machine, uninstall).returncode == 0


def test_an_agent_that_is_not_the_one_of_the_script_is_never_run(stack: Stack, machine: Machine) -> None:
    script = machine.run("curl", "-fsS", f"{stack.node_url}/node/install.sh").stdout
    lied_to = re.sub("agent_sha256=[0-9a-f]+", f"agent_sha256={'0' * 64}", script).replace("?sha256=$agent_sha256", "")
    done = machine.run("sh", text=lied_to, NEXUSVPN_ENROLMENT_TOKEN="nve_x")
    assert done.returncode == 1
    assert "is not the agent that this script belongs to" in done.stderr
    assert not machine.files("/usr/local/lib") | machine.files("/var/lib") | machine.files("/tmp")


def test_without_a_token_a_machine_that_is_no_node_stays_as_it_is(stack: Stack, machine: Machine) -> None:
    done = pasted(machine, f"curl -fsS {stack.node_url}/node/install.sh | sh")
    assert done.returncode == 1
    assert "NEXUSVPN_ENROLMENT_TOKEN is not set" in done.stderr
    assert not machine.files("/usr/local/lib") | machine.files("/var/lib") | machine.files("/tmp")


SYSTEMCTL = """#!/bin/sh
echo "$*" >>/run/asked
"""


def test_with_systemd_the_agent_is_a_service_of_its_own_that_leaves_tunnels_alone(
    stack: Stack, machine: Machine
) -> None:
    """No systemd runs here: a stand-in writes down what it is asked, and systemd's own checker reads the unit."""
    need_program("systemd-analyze")
    machine.run("mkdir", "-p", "/run/systemd/system", "/usr/local/lib/bin")
    machine.run("sh", "-c", "cat >/usr/local/lib/bin/systemctl; chmod 755 /usr/local/lib/bin/systemctl", text=SYSTEMCTL)
    command = stack.manage("issue_node_enrolment", "demo-2").strip()
    done = machine.run("sh", "-c", f"PATH=/usr/local/lib/bin:$PATH; {command}")
    assert done.returncode == 0, done.stdout + done.stderr
    asked = machine.run("cat", "/run/asked").stdout.splitlines()
    name = "nexusvpn-agent.service"
    assert asked == ["daemon-reload", f"stop {name}", f"enable --quiet {name}", f"restart {name}"]
    checked = machine.run("systemd-analyze", "verify", UNIT)
    assert (checked.returncode, checked.stderr) == (0, "")
    unit = machine.run("cat", UNIT).stdout
    for line in ("KillMode=process", "Restart=always", "ProtectSystem=strict", "NoNewPrivileges=yes"):
        assert f"{line}\n" in unit
    asked_to_leave = machine.run(
        "sh", "-c", f"PATH=/usr/local/lib/bin:$PATH; {command.split('|')[0]}| sh -s -- --uninstall"
    )
    assert asked_to_leave.returncode == 0, asked_to_leave.stderr
    assert machine.run("cat", "/run/asked").stdout.splitlines()[4:] == [
        f"disable --quiet --now {name}",
        "daemon-reload",
    ]
    assert not machine.files("/etc/systemd/system") | machine.files("/var/lib")
