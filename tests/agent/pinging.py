"""Counting what gets through a customer's tunnel."""

import subprocess

from tests.agent.namespaces import Customer


class Pinging:
    """A customer who sends `count` pings through the tunnel, one every `every_s`."""

    def __init__(self, customer: Customer, count: int, every_s: float = 0.05, patience_s: int = 1) -> None:
        self.count = count
        # Quietly: what nobody reads until the end would fill the pipe, and then nothing would be sent any more.
        command = ["ping", "-n", "-q", "-c", str(count), "-i", str(every_s), "-W", str(patience_s), "10.99.0.1"]
        inside = ["ip", "netns", "exec", customer.space.name, *command]
        self._process = subprocess.Popen(inside, stdout=subprocess.PIPE, text=True)

    @property
    def goes_on(self) -> bool:
        """Tell whether the last one has yet to be answered or given up."""
        return self._process.poll() is None

    def lost(self) -> int:
        """Wait for the end; returns how many were not answered."""
        shown, _ = self._process.communicate(timeout=60)
        received = int(shown.split(" received")[0].rpartition(" ")[2])
        return self.count - received
