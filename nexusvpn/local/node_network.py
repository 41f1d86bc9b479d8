"""The network of the local node: a namespace of its own, a cable (veth pair) to this machine, and a way out."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from nexusvpn.local.places import LocalServiceError
from nexusvpn.local.shared_use import exclusive

POOLS = ("10.255.0.0/16", "172.31.240.0/20", "192.168.240.0/20")
TABLE_PREFIX = "nexusvpn_local_"
IP_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
# Two nodes at once must not choose the same addresses.
MACHINE_LOCK = Path("/run/nexusvpn-node-network.lock")
# What IP_FORWARD was before the first local node of this machine changed it; gone after a reboot, like the change.
IP_FORWARD_BEFORE = Path("/run/nexusvpn-ip-forward-before")


def why_not() -> str | None:
    """Why this machine cannot have a local WireGuard node, in plain words, or None."""
    if sys.platform != "linux":
        return "it needs Linux"
    if os.geteuid() != 0:
        return "it needs root"
    missing = [program for program in ("ip", "nft", "wg") if not shutil.which(program)]
    if missing:
        return f"{' and '.join(missing)} not installed"
    if Path("/sys/module/wireguard").exists():
        return None
    if not shutil.which("wireguard-go"):
        return "the kernel has no WireGuard and wireguard-go is not installed"
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    return None


class NodeNetwork:
    """Everything is named after `key` (lower-case hexadecimal, at most 10 digits), so that left-overs can be found."""

    def __init__(self, key: str) -> None:
        self.namespace = f"nexusvpn-{key}"
        self.interface = f"nxw{key}"
        self._host_end = f"nxh{key}"
        self._node_end = f"nxn{key}"
        self._table = f"{TABLE_PREFIX}{key}"
        self.host_address = ""
        self.node_address = ""

    def up(self) -> None:
        """Makes it all; raises LocalServiceError when the machine refuses. `down` undoes a half-made one, too."""
        with exclusive(MACHINE_LOCK):
            self._up(free_network(list(_routed_networks())))

    def down(self) -> None:
        """Removes whatever there is of it, its processes included, also what a killed run left; may be repeated."""
        with exclusive(MACHINE_LOCK):
            self._down()

    def _up(self, network: ipaddress.IPv4Network) -> None:
        host, node = list(network.hosts())[:2]
        cable = [self._host_end, "type", "veth", "peer", "name", self._node_end, "netns", self.namespace]
        _run("ip", "netns", "add", self.namespace)
        _run("ip", "link", "add", *cable)
        _run("ip", "address", "add", f"{host}/{network.prefixlen}", "dev", self._host_end)
        _run("ip", "link", "set", self._host_end, "up")
        self._inside("address", "add", f"{node}/{network.prefixlen}", "dev", self._node_end)
        self._inside("link", "set", "lo", "up")
        self._inside("link", "set", self._node_end, "up")
        self._inside("route", "add", "default", "via", str(host))
        self._let_out(network)
        self.host_address, self.node_address = str(host), str(node)

    def _down(self) -> None:
        self._end_processes()
        _run("ip", "netns", "delete", self.namespace, check=False)
        _run("ip", "link", "delete", self._host_end, check=False)
        _run("nft", "delete", "table", "ip", self._table, check=False)
        # A killed wireguard-go leaves its socket, which is not in the namespace.
        Path(f"/var/run/wireguard/{self.interface}.sock").unlink(missing_ok=True)
        if IP_FORWARD_BEFORE.exists() and TABLE_PREFIX not in _run("nft", "list", "tables", check=False):
            IP_FORWARD.write_text(IP_FORWARD_BEFORE.read_text())
            IP_FORWARD_BEFORE.unlink()

    def command(self, *command: str) -> list[str]:
        """`command`, to be run inside the namespace."""
        return ["ip", "netns", "exec", self.namespace, *command]

    def has_interface(self) -> bool:
        """Whether the agent has made the WireGuard interface."""
        return bool(_run("ip", "-n", self.namespace, "link", "show", "dev", self.interface, check=False))

    def _inside(self, *arguments: str) -> None:
        _run("ip", "-n", self.namespace, *arguments)

    def _let_out(self, network: ipaddress.IPv4Network) -> None:
        rules = (
            f"table ip {self._table} {{ chain postrouting {{ type nat hook postrouting priority srcnat; "
            f'ip saddr {network} oifname != "{self._host_end}" masquerade; }}; }}'
        )
        _run("nft", rules)
        former = IP_FORWARD.read_text()
        if former.strip() != "1":
            IP_FORWARD_BEFORE.write_text(former)
            IP_FORWARD.write_text("1")

    def _end_processes(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + 2
            while processes := _run("ip", "netns", "pids", self.namespace, check=False).split():
                if time.monotonic() > deadline:
                    break
                for process in processes:
                    _signal(int(process), number)
                time.sleep(0.05)


def free_network(taken: list[ipaddress.IPv4Network]) -> ipaddress.IPv4Network:
    """The first /30 for private use that overlaps no network of `taken`."""
    for pool in POOLS:
        for candidate in ipaddress.IPv4Network(pool).subnets(new_prefix=30):
            if not any(candidate.overlaps(network) for network in taken):
                return candidate
    raise LocalServiceError("no private network is free for it")


def _routed_networks() -> Iterator[ipaddress.IPv4Network]:
    for route in json.loads(_run("ip", "-4", "-json", "route", "show", "table", "all") or "[]"):
        if route["dst"] != "default":
            yield ipaddress.IPv4Network(route["dst"], strict=False)


def _signal(process: int, number: int) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return


def _run(*command: str, check: bool = True) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and result.returncode != 0:
        raise LocalServiceError(f"`{' '.join(command[:4])}` failed: {result.stderr.strip()}")
    return result.stdout
