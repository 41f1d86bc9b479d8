"""A machine for a real node: a network namespace on a bridge. The host is the control plane."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


def why_no_lab() -> str | None:
    """Why no real node can run here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun"
    missing = [tool for tool in ("ip", "wg", "nft", "wireguard-go") if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    probe = subprocess.run(["ip", "netns", "add", f"nxbprobe{os.getpid()}"], capture_output=True, check=False)
    _run("ip", "netns", "del", f"nxbprobe{os.getpid()}", check=False)
    return "network namespaces cannot be made" if probe.returncode else None


def _run(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


@dataclass(frozen=True)
class Lab:
    """`host` is the control plane's address, `node_address` the node's; the names are of this process alone."""

    namespace: str
    bridge: str
    cable: str
    host: str
    node_address: str

    def command(self, *command: str) -> list[str]:
        """The command, run on the node's machine."""
        return ["ip", "netns", "exec", self.namespace, *command]

    def output(self, *command: str) -> str:
        return _run(*self.command(*command))

    def up(self) -> None:
        _run("ip", "link", "add", self.bridge, "type", "bridge")
        _run("ip", "addr", "add", f"{self.host}/24", "dev", self.bridge)
        _run("ip", "link", "set", self.bridge, "up")
        _run("ip", "netns", "add", self.namespace)
        peer = ("peer", "name", "eth0", "netns", self.namespace)
        _run("ip", "link", "add", self.cable, "type", "veth", *peer)
        _run("ip", "link", "set", self.cable, "master", self.bridge, "up")
        self.output("ip", "link", "set", "lo", "up")
        self.output("ip", "addr", "add", f"{self.node_address}/24", "dev", "eth0")
        self.output("ip", "link", "set", "eth0", "up")

    def down(self) -> None:
        for pid in _run("ip", "netns", "pids", self.namespace, check=False).split():
            _run("kill", "-9", pid, check=False)
        _run("ip", "netns", "del", self.namespace, check=False)
        _run("ip", "link", "del", self.cable, check=False)
        _run("ip", "link", "del", self.bridge, check=False)


@contextmanager
def lab() -> Iterator[Lab]:
    tag, network = os.getpid() % 100_000, f"10.198.{os.getpid() % 250 + 1}"
    made = Lab(f"nxbnode{tag}", f"nxbbr{tag}", f"nxbv{tag}", f"{network}.1", f"{network}.2")
    try:
        made.up()
        yield made
    finally:
        made.down()
