"""The local WireGuard node of `make run`: a real agent that enrols and serves like any other, on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from nexusvpn.local import places
from nexusvpn.local.node_network import NodeNetwork, why_not
from nexusvpn.local.places import LocalServiceError
from nexusvpn.local.processes import Supervisor
from nexusvpn.local.shared_use import BusyError, exclusive

READY_WITHIN_S = 20.0


class LocalNode:
    """A node whose keys belong to one database: another port or another start finds the same node again."""

    def __init__(self, network: NodeNetwork, state_folder: Path) -> None:
        self.network = network
        self._state_folder = state_folder

    def enrol(self, control_url: str, token: str) -> None:
        """Enrols with a one-time token, which travels in the environment, never among the arguments.

        Raises LocalServiceError with the agent's own complaint.
        """
        result = subprocess.run(
            self._agent("enrol", "--control-url", control_url, "--interface", self.network.interface),
            env={**_agent_environment(), "NEXUSVPN_ENROLMENT_TOKEN": token},
            cwd=places.CHECKOUT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            complaint = (result.stderr or result.stdout).strip().rpartition("\n")[2]
            raise LocalServiceError(f"it could not enrol ({complaint})")

    def run(self, supervisor: Supervisor) -> None:
        supervisor.start("node", self._agent("run", "--ephemeral"), _agent_environment())
        supervisor.wait_until(self.network.has_interface, "The local node's interface", READY_WITHIN_S)

    def _agent(self, command: str, *options: str) -> list[str]:
        agent = [sys.executable, "-m", "vpn.agent", command, "--state-dir", str(self._state_folder)]
        return self.network.command(*agent, *options)


def _agent_environment() -> dict[str, str]:
    # A node knows nothing of the control plane's settings, its database's address least of all.
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@contextmanager
def local_node(database_url: str) -> Iterator[LocalNode | str]:
    """A node with its network up, not yet enrolled, and everything of it removed afterwards; or why there is none."""
    reason = why_not()
    if reason:
        yield reason
        return
    key = places.fingerprint(places.CHECKOUT, database_url)
    folder = places.make_data_folder()
    with ExitStack() as cleaning_up:
        try:
            cleaning_up.enter_context(exclusive(folder / f"node-{key}.lock", wait=False))
        except BusyError:
            yield "another `make run` on the same database has it"
            return
        network = NodeNetwork(key)
        cleaning_up.callback(network.down)
        # A killed run may have left things behind; with the lock held they are nobody's.
        network.down()
        try:
            network.up()
        except LocalServiceError as error:
            yield str(error)
        else:
            yield LocalNode(network, folder / f"node-{key}")
