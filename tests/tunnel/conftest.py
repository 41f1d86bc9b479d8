from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import ROOT
from tests.live.requirements import missing_for_tunnels, need
from tests.live.stack import Stack
from tests.tunnel.lab import Lab
from tests.tunnel.travellers import PRIVATE_V4, PRIVATE_V6, Traveller, make_traveller, prepare
from tests.tunnel.wg_quick import WgQuickClient


class Node:
    """A real node: the agent in the lab's node namespace, enrolled with a token as any other."""

    def __init__(self, lab: Lab, stack: Stack, folder: Path, server: str) -> None:
        self.lab, self.stack, self.folder, self.server = lab, stack, folder, server
        self.interface = f"nxn{lab.tag}"
        self.state = folder / "agent"
        self.process: subprocess.Popen[bytes] | None = None

    def enrol(self) -> None:
        token = json.loads(self.stack.manage("issue_node_enrolment", self.server, "--json"))["token"]
        command = [*self._agent("enrol"), "--control-url", self.stack.node_url, "--interface", self.interface]
        environment = {**os.environ, "NEXUSVPN_ENROLMENT_TOKEN": token}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        # Travellers look for private hosts too, and what does not leave beside the tunnel should come out of it.
        allowed = [word for host in (PRIVATE_V4, PRIVATE_V6) for word in ("--allow-network", host)]
        with (self.folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen([*self._agent("run"), *allowed], cwd=ROOT, stdout=log, stderr=log)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def teardown(self) -> None:
        self.kill()
        subprocess.run(self._agent("teardown"), cwd=ROOT, capture_output=True, check=False)

    def wait_online(self, seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while not self.stack.sql("SELECT 1 FROM vpn_server WHERE name = %s AND state = 'online'", self.server):
            if time.monotonic() > deadline:
                pytest.fail(
                    f"the node did not come online:\n{(self.folder / 'agent.log').read_text()}\n{self.stack.logs()}"
                )
            time.sleep(0.05)

    def _agent(self, what: str) -> list[str]:
        inside = ["ip", "netns", "exec", self.lab.node]
        return [*inside, sys.executable, "-m", "vpn.agent", what, "--state-dir", str(self.state)]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    need(missing_for_tunnels())
    made = Lab()
    try:
        made.up()
        yield made
    finally:
        made.down()


@pytest.fixture(scope="module")
def stack(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(os.environ["DATABASE_URL"], tmp_path_factory.mktemp("stack"), hosts=["127.0.0.1", lab.host])
    try:
        made.start()
        made.manage("create_demo_data", "--local-node-endpoint", lab.node_address)
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def node(lab: Lab, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = Node(lab, stack, tmp_path_factory.mktemp("node"), "demo-1")
    try:
        made.enrol()
        made.start()
        made.wait_online()
        yield made
    finally:
        made.teardown()


@pytest.fixture(scope="module")
def traveller(lab: Lab, stack: Stack, node: Node) -> Traveller:
    prepare(lab)
    return make_traveller(lab, stack)


@pytest.fixture
def client(traveller: Traveller, tmp_path: Path) -> Iterator[WgQuickClient]:
    made = WgQuickClient(traveller.lab, tmp_path, f"q{traveller.lab.tag}.conf")
    yield made
    made.forget()
