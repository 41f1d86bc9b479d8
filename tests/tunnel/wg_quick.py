"""A customer's Linux machine that uses a file as its owner would: with wg-quick itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.tunnel.lab import Lab, run

# wg-quick hands DNS servers to this program, and the real one would rewrite the /etc/resolv.conf of the machine that
# the tests run on. Like the real one it can be asked afterwards what it was told.
_RESOLVCONF = """#!/bin/sh
case "$1" in
-a) cat > "$0.told" ;;
-d) rm -f "$0.told" ;;
esac
"""


class WgQuickClient:
    """One tunnel in the lab's client namespace. `name` is the file's, as customers save it."""

    def __init__(self, lab: Lab, folder: Path, name: str) -> None:
        self.lab = lab
        self.interface = name.removesuffix(".conf")
        self.programs = folder / "bin"
        self.programs.mkdir(exist_ok=True)
        # It looks for programs beside itself first.
        found = shutil.which("wg-quick")
        assert found is not None
        shutil.copy(found, self.programs / "wg-quick")
        (self.programs / "resolvconf").write_text(_RESOLVCONF)
        (self.programs / "resolvconf").chmod(0o755)
        self.file = folder / name
        self.log = folder / "wg-quick.log"

    def write(self, config: str) -> None:
        self.file.write_text(config)
        self.file.chmod(0o600)

    def up(self, config: str) -> None:
        self.write(config)
        self.call("up")

    def down(self) -> None:
        self.call("down")

    def call(self, what: str) -> None:
        assert self.try_to(what) == 0, self.log.read_text()

    def try_to(self, what: str) -> int:
        """Run it and return its exit status; what it says is in the log, which wireguard-go holds open."""
        command = ["ip", "netns", "exec", self.lab.client, str(self.programs / "wg-quick"), what, str(self.file)]
        environment = {**os.environ, "LOG_LEVEL": "silent"}
        with self.log.open("wb") as log:
            return subprocess.run(command, stdout=log, stderr=log, env=environment, timeout=60, check=False).returncode

    def strip(self) -> str:
        return run("wg-quick", "strip", str(self.file))

    def break_down(self) -> None:
        """What no `down` precedes: the interface is gone, and wireguard-go with it."""
        self.lab.in_("client", "ip", "link", "del", self.interface)

    @property
    def dns(self) -> list[str]:
        """The DNS servers that wg-quick has set."""
        told = self.programs / "resolvconf.told"
        lines = told.read_text().splitlines() if told.exists() else []
        return [line.removeprefix("nameserver ") for line in lines]

    def state(self) -> str:
        """What of the machine's network a tunnel may change: firewall, rules, routes, interfaces."""
        commands = (
            "nft list ruleset",
            "ip rule",
            "ip -6 rule",
            "ip route show table all",
            "ip -6 route show table all",
        )
        shown = [self.lab.in_("client", *command.split()) for command in commands]
        return "\n".join([*shown, *sorted(self.lab.in_("client", "ls", "/sys/class/net").split())])

    def forget(self) -> None:
        """Whatever state it is in, leave nothing: for the end of a test."""
        self.lab.in_("client", "ip", "link", "del", self.interface, check=False)
        self.lab.in_("client", "nft", "flush", "ruleset", check=False)
        for family in ("-4", "-6"):
            for line in self.lab.in_("client", "ip", family, "rule").splitlines():
                priority = line.split(":")[0]
                if priority not in ("0", "32766", "32767"):
                    self.lab.in_("client", "ip", family, "rule", "del", "priority", priority, check=False)
