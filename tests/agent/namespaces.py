"""Network namespaces as nodes and as customers, each with names of its own, and always taken away."""

import ctypes
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from vpn.wireguard.keys import KeyPair, generate_key_pair

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count()


def unique_name(prefix: str) -> str:
    """Return a name of at most 15 characters that no other test process uses: sockets of wireguard-go are global."""
    return f"{prefix}{os.getpid():x}x{next(_numbers):x}"


def wait_until(condition: Callable[[], bool], timeout_s: float = 8.0, why: str = "condition") -> float:
    """Wait until the condition holds and return the seconds it took; raises TimeoutError."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > timeout_s:
            raise TimeoutError(f"not within {timeout_s} s: {why}")
        time.sleep(0.01)
    return time.monotonic() - started


class Namespace:
    """One network namespace with its loopback up."""

    def __init__(self) -> None:
        self.name = unique_name("nx")
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *arguments: str, stdin: str = "", check: bool = True) -> str:
        """Run a program inside and return what it printed."""
        command = ["ip", "netns", "exec", self.name, *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=30)
        if check and done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.stderr}")
        return done.stdout

    def start_wireguard(self, interface: str) -> None:
        """Start wireguard-go; returns when its socket is there. It must not hold on to a pipe of the test's."""
        command = ["ip", "netns", "exec", self.name, "wireguard-go", interface]
        null = subprocess.DEVNULL
        environment = {**os.environ, "LOG_LEVEL": "silent"}
        subprocess.run(command, stdin=null, stdout=null, stderr=null, env=environment, check=True, timeout=10)
        wait_until(lambda: Path(f"/var/run/wireguard/{interface}.sock").exists(), why="the socket of wireguard-go")

    def has_link(self, interface: str) -> bool:
        """Tell whether the interface exists."""
        return bool(self.run("ip", "link", "show", "dev", interface, check=False))

    def peers(self, interface: str) -> dict[str, tuple[str, int, int]]:
        """Return allowed IPs, received and sent bytes by public key, as `wg` sees them."""
        lines = self.run("wg", "show", interface, "dump", check=False).splitlines()[1:]
        rows = [line.split("\t") for line in lines]
        return {row[0]: (row[3], int(row[5]), int(row[6])) for row in rows}

    def sysctl(self, name: str) -> str:
        """Return the value of a sysctl inside."""
        return self.run("sysctl", "-n", name).strip()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Put the calling thread, and what it starts meanwhile, into the namespace."""
        with open("/proc/thread-self/ns/net", "rb") as home, open(f"/var/run/netns/{self.name}", "rb") as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def close(self) -> None:
        """End what runs inside, by its ids, and remove the namespace and the sockets of its interfaces."""
        links = self.run("ls", "/sys/class/net", check=False).split()
        pids = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=False)
        for pid in pids.stdout.split():
            if int(pid) != os.getpid():
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    continue
        subprocess.run(["ip", "netns", "delete", self.name], capture_output=True, check=False)
        for link in links:
            Path(f"/var/run/wireguard/{link}.sock").unlink(missing_ok=True)


class Customer:
    """A customer's device in a namespace of its own, with a tunnel to a node over a pair of cables."""

    def __init__(self, node: Namespace, number: int) -> None:
        self.keys: KeyPair = generate_key_pair()
        self.number = number
        self.space = Namespace()
        self.interface = unique_name("wc")
        self.addresses = [f"10.99.7.{number}/32", f"fd00:99::7:{number}/128"]
        cable, far = unique_name("v"), unique_name("v")
        node.run("ip", "link", "add", cable, "type", "veth", "peer", "name", far, "netns", self.space.name)
        node.run("ip", "address", "add", f"192.0.2.{4 * number + 1}/30", "dev", cable)
        node.run("ip", "address", "add", f"2001:db8:c:{number}::1/64", "dev", cable, "nodad")
        node.run("ip", "link", "set", cable, "up")
        self.space.run("ip", "address", "add", f"192.0.2.{4 * number + 2}/30", "dev", far)
        self.space.run("ip", "address", "add", f"2001:db8:c:{number}::2/64", "dev", far, "nodad")
        self.space.run("ip", "link", "set", far, "up")

    @property
    def peer(self) -> dict[str, object]:
        """Return the peer that the control plane hands to the node."""
        return {
            "public_key": self.keys.public_key,
            "allowed_ips": self.addresses,
            "preshared_key": None,
        }

    def connect(
        self, node_key: str, port: int, networks: Sequence[str] = ("10.99.0.0/16",), by_ipv6: bool = False
    ) -> None:
        """Bring the tunnel up and lead these networks through it."""
        endpoint = f"[2001:db8:c:{self.number}::1]" if by_ipv6 else f"192.0.2.{4 * self.number + 1}"
        space, name = self.space, self.interface
        space.start_wireguard(name)
        config = (
            f"[Interface]\nPrivateKey = {self.keys.private_key}\n[Peer]\nPublicKey = {node_key}\n"
            f"AllowedIPs = {', '.join(networks)}\nEndpoint = {endpoint}:{port}\n"
        )
        space.run("wg", "setconf", name, "/dev/stdin", stdin=config)
        space.run("ip", "address", "add", self.addresses[0], "dev", name)
        space.run("ip", "address", "add", self.addresses[1], "dev", name, "nodad")
        space.run("ip", "link", "set", name, "mtu", "1420", "up")
        for network in networks:
            space.run("ip", "route", "add", network, "dev", name)

    def change_key(self, keys: KeyPair) -> None:
        """Go on under another key, with the tunnel up."""
        self.keys = keys
        self.space.run("wg", "set", self.interface, "private-key", "/dev/stdin", stdin=keys.private_key)

    def ping(self, count: int = 3, size: int = 1000) -> bool:
        """Send `count` pings of `size` bytes through the tunnel; tells whether they came back."""
        command = ("ping", "-c", str(count), "-i", "0.02", "-W", "2", "-s", str(size), "10.99.0.1")
        return f"{count} received" in self.space.run(*command, check=False)

    def close(self) -> None:
        """Take it away."""
        self.space.close()


def _enter(handle: int) -> None:
    if _libc.setns(handle, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
