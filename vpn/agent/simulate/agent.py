"""One simulated agent: the real follower, reporter, counters and memory over an interface without packets."""

import time
from pathlib import Path

from vpn.agent.backoff import Backoff
from vpn.agent.desired import Snapshot
from vpn.agent.follower import Follower
from vpn.agent.identity import Identity
from vpn.agent.link import new_token
from vpn.agent.node import Look, Node
from vpn.agent.reporter import Reporter
from vpn.agent.simulate.interface import MemoryInterface
from vpn.agent.simulate.tally import CountingClient, Tally


class SimulatedNode(Node):
    """A node that changes nothing on this machine but files in its own directory."""

    def __init__(self, state_dir: Path, identity: Identity, rate: float) -> None:
        super().__init__(state_dir, identity, private_key="")
        self.interface = MemoryInterface(rate)
        self.peers.backend = self.interface
        self.ticked_at = 0.0
        self._token = new_token()

    @property
    def interface_epoch(self) -> str:
        """Return a name for this run's interface."""
        return f"simulated:{self._token}"

    def interface_changed(self) -> bool:
        """It never does."""
        return False

    def ensure_interface(self) -> bool:
        """It is always there."""
        return False

    def tick(self) -> Look:
        """Count, and put right what differs from what is wanted."""
        with self.lock:
            self.ticked_at = time.monotonic()
            device = self.peers.full_pass()
            return Look(device, self.peers.epoch, self.peers.acknowledged, self.peers.is_handing_over)

    def apply_snapshot(self, snapshot: Snapshot) -> None:
        """Apply the peers; there are no addresses to set."""
        super().apply_snapshot(snapshot._replace(interface=None))


class SimulatedAgent:
    """What `vpn.agent.daemon` runs, less the watches over what is not here."""

    def __init__(self, state_dir: Path, identity: Identity, rate: float, backoff_cap_s: float, tally: Tally) -> None:
        self.node = SimulatedNode(state_dir, identity, rate)
        urls = (identity.poll_url or identity.control_url, identity.control_url, identity.control_url)
        self._clients = tuple(CountingClient(url, identity.credential, tally) for url in urls)
        self._poll, client, self._report = self._clients
        self._follower = Follower(
            self.node, self._poll, client, Backoff(backoff_cap_s), Backoff(backoff_cap_s, free=1), self._report_soon
        )
        self._reporter = Reporter(
            self.node, self._report, Backoff(backoff_cap_s), self._follower.order_resync, self._take_credential
        )

    @property
    def is_in_sync(self) -> bool:
        """Tell whether it hears the control plane, is heard, and has told it of everything that was ordered."""
        intention = self.node.peers.intention
        told = bool(intention.epoch) and intention.cursor == intention.acknowledged == intention.reported
        return told and self._poll.is_fine and self._report.is_fine

    def has_told_all(self, since: float) -> bool:
        """Tell whether what it counted at a tick after `since` (of the monotonic clock) has been accepted."""
        return since < self.node.ticked_at < self._report.answered_at

    def start(self) -> None:
        """Begin."""
        self._follower.start()
        self._reporter.start()

    def stop(self) -> None:
        """Order both threads to end."""
        self._follower.stop()
        self._reporter.stop()

    def join(self) -> None:
        """Wait for both."""
        self._follower.join(3.0)
        self._reporter.join(3.0)

    def _report_soon(self) -> None:
        self._reporter.report_soon()

    def _take_credential(self, credential: str) -> None:
        self.node.take_credential(credential)
        for client in self._clients:
            client.credential = credential
