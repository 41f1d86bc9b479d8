"""A machine of its own to install on: the lab's node namespace, with private folders where an installation writes."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

from tests.tunnel.lab import Lab

# What is the machine's own. /run is empty: no systemd has been started here.
OWN = ("/usr/local/lib", "/var/lib", "/etc/systemd/system", "/run", "/tmp")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The rights of the service, as its unit gives them.
CAPABILITIES = "+net_admin,+net_raw,+net_bind_service"


class Machine:
    def __init__(self, lab: Lab) -> None:
        holder = [
            "ip",
            "netns",
            "exec",
            lab.node,
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sleep",
            "infinity",
        ]
        self._holder = subprocess.Popen(holder)
        give_up = time.monotonic() + 5
        while Path(f"/proc/{self._holder.pid}/comm").read_text().strip() != "sleep":
            assert time.monotonic() < give_up
            time.sleep(0.01)
        self._running: list[subprocess.Popen[bytes]] = []
        for folder in OWN:
            self.run("mount", "-t", "tmpfs", "own", folder)

    def _inside(self, *command: str) -> list[str]:
        return ["nsenter", "--target", str(self._holder.pid), "--mount", "--net", "--", *command]

    def run(self, *command: str, text: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._inside(*command),
            input=text,
            env={"PATH": PATH, **environment},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, log: Path, *command: str) -> None:
        with log.open("ab") as output:
            process = subprocess.Popen(
                self._inside(*command), env={"PATH": PATH}, cwd="/", stdout=output, stderr=output
            )
        self._running.append(process)

    def end_what_runs(self) -> None:
        """As a supervisor that leaves children alone does it."""
        for process in self._running:
            process.send_signal(signal.SIGTERM)
            process.wait(10)
        self._running.clear()

    def files(self, folder: str) -> set[str]:
        """The names of whatever is in a folder, at any depth."""
        found = self.run("find", folder, "-mindepth", "1", "-printf", "%P\\n").stdout
        return set(found.split())

    def close(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()
        self._holder.kill()
        self._holder.wait()


def as_the_unit_runs_it(state: str, *command: str) -> tuple[str, ...]:
    """The command with the service's capabilities, unable to get others, and nothing writable but its folder and wireguard-go's."""
    rights = ["setpriv", "--bounding-set", f"-all,{CAPABILITIES}", "--inh-caps", "-all", "--no-new-privs"]
    own = f"mkdir -p /run/wireguard; for own in {state} /run/wireguard; do mount --bind $own $own; done"
    rest = 'for rest in / /usr/local/lib /var/lib /run; do mount -o remount,bind,ro $rest; done; exec "$@"'
    return ("unshare", "--mount", "sh", "-euc", f"{own}; {rest}", "sh", *rights, *command)
