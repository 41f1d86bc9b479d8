"""The running agent: a follower, a reporter, and watches over the interface and over keys that change."""

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from vpn.agent.backends.base import BackendError
from vpn.agent.backoff import CAP_S, Backoff
from vpn.agent.control import ControlClient
from vpn.agent.files import StateDirError
from vpn.agent.follower import Follower
from vpn.agent.handover_watch import HandoverWatch
from vpn.agent.identity import load_identity, load_or_make_private_key
from vpn.agent.logs import log_event
from vpn.agent.node import Node
from vpn.agent.reporter import Reporter
from vpn.agent.speed_test.keeper import SpeedTest
from vpn.agent.tools import ToolError
from vpn.agent.uplink import Uplink

WATCH_S: Final = 0.5
JOIN_S: Final = 3.0


class Daemon:
    """Everything that runs while the agent runs. `stop` may be called from a signal handler."""

    def __init__(self, state_dir: Path, backoff_cap_s: float = CAP_S, allowed_networks: Sequence[str] = ()) -> None:
        self.identity = load_identity(state_dir)
        self.node = Node(state_dir, self.identity, load_or_make_private_key(state_dir), allowed_networks)
        self._stop = threading.Event()
        identity = self.identity

        poll_client, client, report_client = (
            ControlClient(url, identity.credential)
            for url in (identity.poll_url or identity.control_url, identity.control_url, identity.control_url)
        )
        self._clients = (poll_client, client, report_client)
        self._follower = Follower(
            self.node,
            poll_client,
            client,
            Backoff(backoff_cap_s),
            Backoff(backoff_cap_s, free=1),
            applied=self._report_soon,
        )
        self._reporter = Reporter(
            self.node,
            report_client,
            Backoff(backoff_cap_s),
            self._follower.order_resync,
            renew_credential=self._take_credential,
        )
        self._handovers = HandoverWatch(self.node, completed=self._report_soon)
        self._speed_test = SpeedTest()
        self._uplink = Uplink()

    def run(self, ephemeral: bool = False) -> None:
        """Bring the interface back, then follow and report until `stop`.

        The interface comes first, before any contact: a rebooted node serves even if the control plane is
        away. With `ephemeral` everything that the agent made is removed at the end; otherwise it stays for
        the next start. Raises StateDirError if the interface belongs to somebody else.
        """
        self._restore_at_start()
        threads = (self._follower, self._reporter, self._handovers)
        for thread in threads:
            thread.start()
        log_event("running", interface=self.identity.interface, revision=self.node.peers.cursor)
        while not self._stop.wait(WATCH_S):
            self._watch()
            if self._uplink.came_back():
                log_event("uplink_came_back")
                self._follower.ask_now()
                self._reporter.ask_now()
            self._speed_test.keep(self.node.identity)
        self._speed_test.stop()
        for thread in threads:
            thread.stop()
        for thread in threads:
            thread.join(JOIN_S)
        if ephemeral:
            self.node.remove_interface()
        log_event("stopped", ephemeral=ephemeral)

    def stop(self) -> None:
        """End `run`."""
        self._stop.set()

    def _report_soon(self) -> None:
        self._reporter.report_soon()

    def _take_credential(self, credential: str) -> None:
        """Keep a new credential, on disk first, and use it from now on; its first use ends the former one."""
        self.node.take_credential(credential)
        for client in self._clients:
            client.credential = credential

    def _restore_at_start(self) -> None:
        """Bring the interface back from disk, as often as it takes."""
        while not self._stop.is_set():
            try:
                self.node.ensure_interface()
                return
            except (ToolError, BackendError) as error:
                log_event("restore_failed", level=logging.ERROR, detail=str(error))
                self._stop.wait(1.0)

    def _watch(self) -> None:
        """Notice within half a second what cannot wait for the next tick, and put it right."""
        if not self.node.needs_recovery():
            return
        try:
            self.node.recover()
        except (ToolError, BackendError, StateDirError) as error:
            log_event("restore_failed", level=logging.ERROR, detail=str(error))
            return
        if not self.node.needs_recovery():
            self._report_soon()


def run_until_signal(daemon: Daemon, ephemeral: bool) -> None:
    """Run the daemon until SIGTERM or SIGINT."""

    def on_signal(number: int, _frame: object) -> None:
        daemon.stop()

    handler: Callable[[int, object], None] = on_signal
    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGINT, handler)
    daemon.run(ephemeral)
