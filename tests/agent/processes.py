"""The agent as a process of its own inside a namespace, and peers to give it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.agent.fake_control import TOKEN, FakeControl
from tests.agent.namespaces import Namespace, unique_name
from vpn.wireguard.keys import generate_key_pair

ROOT = Path(__file__).parents[2]


def make_peer(number: int, preshared_key: str | None = None) -> dict[str, Any]:
    """Return a peer as the control plane sends it, with addresses made from its number."""
    return {
        "public_key": generate_key_pair().public_key,
        "allowed_ips": [f"10.99.{number // 250}.{number % 250 + 2}/32", f"fd00:99::{number + 2:x}/128"],
        "preshared_key": preshared_key,
    }


class AgentProcess:
    """One enrolled node. `start` and `kill` may alternate; `log` holds what it wrote to standard error."""

    def __init__(self, space: Namespace, control: FakeControl, state_dir: Path, backend: str = "auto") -> None:
        self.space = space
        self.control = control
        self.state_dir = state_dir
        self.interface = unique_name("wn")
        self.log = state_dir.with_name(state_dir.name + ".log")
        self._process: subprocess.Popen[bytes] | None = None
        self.enrol(backend)

    def enrol(self, backend: str = "auto") -> None:
        """Enrol, or enrol again: the agent then reports at the control plane's present interval from its start."""
        arguments = ("--control-url", self.control.url, "--interface", self.interface, "--backend", backend)
        self.command("enrol", *arguments, token=TOKEN)

    def command(self, name: str, *arguments: str, token: str = "", check: bool = True) -> str:
        """Run one command of the agent to its end and return what it printed."""
        command = [sys.executable, "-m", "vpn.agent", name, "--state-dir", str(self.state_dir), *arguments]
        done = subprocess.run(
            ["ip", "netns", "exec", self.space.name, *command],
            cwd=ROOT,
            env={**os.environ, "NEXUSVPN_ENROLMENT_TOKEN": token},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{name}: {done.stderr}")
        return done.stdout + done.stderr

    def start(self, *arguments: str) -> None:
        """Start `run`; waits for nothing."""
        command = [sys.executable, "-m", "vpn.agent", "run", "--state-dir", str(self.state_dir)]
        command += ["--backoff-cap", "0.5", *arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["ip", "netns", "exec", self.space.name, *command], cwd=ROOT, stderr=log, stdout=log
            )

    def end(self, number: int = signal.SIGTERM, timeout_s: float = 10.0) -> int:
        """Send a signal and return the exit status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(timeout_s)

    def close(self) -> None:
        """End it, however it is."""
        if self._process is not None:
            self.end(signal.SIGKILL)

    def peers(self) -> dict[str, tuple[str, int, int]]:
        """Return what is on the real interface."""
        return self.space.peers(self.interface)

    def public_key(self) -> str:
        """Return the node's public key, as the control plane got it."""
        return str(self.control.enrolments[-1]["public_key"])
