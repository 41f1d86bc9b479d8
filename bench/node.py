"""A real node: the agent and wireguard-go in the lab's namespace, enrolled with a token as any other."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.lab import Lab
from bench.serving import ROOT
from nexusvpn.local.processes import end_with_parent
from vpn.models import NodeStatus, Server
from vpn.services.nodes import issue_enrolment_token

CAUGHT_UP_WITHIN_S = 60.0


class RealNode:
    def __init__(self, lab: Lab, folder: Path, server: Server) -> None:
        self._lab, self._folder, self._server = lab, folder, server
        self.interface = f"nxb{os.getpid() % 100_000}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, control_url: str) -> None:
        """Enrol and run."""
        environment = {**os.environ, "NEXUSVPN_ENROLMENT_TOKEN": issue_enrolment_token(self._server)}
        enrol = [*self._agent("enrol"), "--control-url", control_url, "--interface", self.interface]
        done = subprocess.run(enrol, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"the node could not enrol: {done.stdout}{done.stderr}")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._agent("run"), cwd=ROOT, stdout=log, stderr=log, preexec_fn=end_with_parent
            )

    def wait_until_caught_up(self) -> float:
        """Until the node has confirmed the server's present revision; returns after how many seconds."""
        started = time.monotonic()
        while True:
            server = Server.objects.get(pk=self._server.pk)
            status = NodeStatus.objects.get(server=server)
            if status.applied(server.epoch, server.revision):
                return time.monotonic() - started
            if time.monotonic() - started > CAUGHT_UP_WITHIN_S:
                raise RuntimeError(f"the node did not catch up: {self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def peers(self) -> set[str]:
        """The keys that are really on the interface."""
        return set(self._lab.output("wg", "show", self.interface, "peers").split())

    def stop(self) -> None:
        """End the agent and remove all that it made."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        subprocess.run(self._agent("teardown"), cwd=ROOT, capture_output=True, timeout=60, check=False)

    @property
    def _log(self) -> Path:
        return self._folder / "agent.log"

    def _agent(self, what: str) -> list[str]:
        return self._lab.command(sys.executable, "-m", "vpn.agent", what, "--state-dir", str(self._folder / "agent"))
