"""Machines for tests: network namespaces on one bridge. The host stands for the control plane, `node`, `client` and `world` are others.

`world` has an address outside of the bridge's network, reached only through the node: what a customer finds behind the tunnel.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field

WORLD_V4 = "203.0.113.7"
WORLD_V6 = "2001:db8:7::7"
# The last part of each machine's address.
LAST = {"node": 2, "client": 3, "world": 4}


def run(*command: str, check: bool = True, timeout: float = 30, text_input: str | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, input=text_input, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


@dataclass
class Lab:
    """Unique per process, so that parallel test workers do not meet."""

    number: int = field(default_factory=lambda: os.getpid() % 250 + 1)

    def __post_init__(self) -> None:
        self.tag = f"{os.getpid() % 100000}"
        self.bridge = f"nxbr{self.tag}"
        self.network = f"10.199.{self.number}"
        self.host = f"{self.network}.1"
        self.node = f"nxnode{self.tag}"
        self.client = f"nxcli{self.tag}"
        self.world = f"nxwld{self.tag}"

    def up(self) -> None:
        self.down()
        run("ip", "link", "add", self.bridge, "type", "bridge")
        run("ip", "addr", "add", f"{self.host}/24", "dev", self.bridge)
        run("ip", "link", "set", self.bridge, "up")
        for machine, last in LAST.items():
            self._machine(getattr(self, machine), last)
        self.in_("world", "ip", "addr", "add", f"{WORLD_V4}/32", "dev", "lo")
        self.in_("world", "ip", "-6", "addr", "add", f"{WORLD_V6}/128", "dev", "lo")
        self.in_("node", "ip", "route", "add", f"{WORLD_V4}/32", "via", f"{self.network}.4")
        self.in_("node", "ip", "-6", "route", "add", f"{WORLD_V6}/128", "via", f"fd99:{self.number:x}::4")

    def pull_cable(self, machine: str) -> None:
        """Cut a machine off at the bridge, without a word to anybody."""
        run("ip", "link", "set", self._outside(LAST[machine]), "down")

    def plug_in(self, machine: str) -> None:
        run("ip", "link", "set", self._outside(LAST[machine]), "up")

    def _outside(self, last: int) -> str:
        return f"nx{last}v{self.tag}"

    def _machine(self, name: str, last: int) -> None:
        outside = self._outside(last)
        run("ip", "netns", "add", name)
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", outside, "master", self.bridge, "up")
        inside = ("ip", "netns", "exec", name)
        run(*inside, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")
        run(*inside, "sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0")
        run(*inside, "ip", "link", "set", "lo", "up")
        run(*inside, "ip", "addr", "add", f"{self.network}.{last}/24", "dev", "eth0")
        run(*inside, "ip", "link", "set", "eth0", "up")
        run(*inside, "ip", "-6", "addr", "add", f"fd99:{self.number:x}::{last}/64", "dev", "eth0", "nodad")

    def in_(self, machine: str, *command: str, check: bool = True, timeout: float = 30) -> str:
        """Run a command on one of the machines: node, client or world."""
        return run("ip", "netns", "exec", getattr(self, machine), *command, check=check, timeout=timeout)

    @property
    def node_address(self) -> str:
        return f"{self.network}.2"

    def down(self) -> None:
        for name in (self.client, self.node, self.world):
            for pid in run("ip", "netns", "pids", name, check=False).split():
                run("kill", "-9", pid, check=False)
            run("ip", "netns", "del", name, check=False)
        # A namespace ends some time after its deletion, and its cable with it; the next lab needs the name now.
        for last in LAST.values():
            run("ip", "link", "del", self._outside(last), check=False)
        run("ip", "link", "del", self.bridge, check=False)
