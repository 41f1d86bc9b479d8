"""A customer's machine: brings up a tunnel from the file that the API gave it."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

from tests.tunnel.lab import Lab, run


class TunnelClient:
    """wireguard-go in the lab's client namespace, configured by what `wg-quick strip` makes of the file."""

    def __init__(self, lab: Lab, folder: Path, interface: str = "") -> None:
        self.lab = lab
        self.interface = interface or f"nxc{lab.tag}"
        self.file = folder / f"{self.interface}.conf"

    def up(self, config: str) -> None:
        self.file.write_text(config)
        self.file.chmod(0o600)
        stripped = run("wg-quick", "strip", str(self.file))
        bare = self.file.with_suffix(".bare")
        bare.write_text(stripped)
        # It goes on in the background and would hold a captured output open.
        start = ["ip", "netns", "exec", self.lab.client, "wireguard-go", self.interface]
        subprocess.run(start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10, check=True)
        self.lab.in_("client", "wg", "setconf", self.interface, str(bare))
        for address in _values(config, "Address"):
            family = "-6" if ":" in address else "-4"
            self.lab.in_("client", "ip", family, "addr", "add", address, "dev", self.interface)
        self.lab.in_("client", "ip", "link", "set", self.interface, "mtu", _values(config, "MTU")[0], "up")
        # The endpoint is on the bridge's own network; everything else goes through the tunnel, as AllowedIPs says.
        for network in _values(config, "AllowedIPs"):
            family = "-6" if ":" in network else "-4"
            self.lab.in_("client", "ip", family, "route", "add", network, "dev", self.interface)

    def reaches(self, target: str, seconds: float = 1.0) -> bool:
        """Whether one packet is answered within that time."""
        family = "-6" if ":" in target else "-4"
        command = ["ip", "netns", "exec", self.lab.client, "ping", family, "-n", "-c1", "-W", str(seconds), target]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def wait_until_reaches(self, target: str, seconds: float) -> float:
        """Seconds until the first answer; fails when none comes."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            if self.reaches(target, 0.2):
                return time.monotonic() - started
        raise AssertionError(f"no answer from {target} within {seconds} s")

    def connects_anew(self, target: str, seconds: float = 0.5) -> bool:
        """Whether a packet is answered after a handshake from the beginning: what a person does whose tunnel is silent."""
        self.lab.in_("client", "wg", "setconf", self.interface, str(self.file.with_suffix(".bare")))
        return self.reaches(target, seconds)

    def transferred(self) -> tuple[int, int]:
        """(received, sent) bytes of the client's interface as WireGuard counts them."""
        line = self.lab.in_("client", "wg", "show", self.interface, "transfer").split()
        return int(line[1]), int(line[2])

    def down(self) -> None:
        self.lab.in_("client", "ip", "link", "del", self.interface, check=False)


def _values(config: str, name: str) -> list[str]:
    found = re.findall(rf"^{name}\s*=\s*(.+)$", config, flags=re.MULTILINE)
    return [value.strip() for line in found for value in line.split(",")]
