"""One sandbox: its time, its objects, its events and what happens to them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from billing.sandbox.clock import Clock
from billing.sandbox.deliveries import RETRY_AFTER, Deliveries
from billing.sandbox.events import Events
from billing.sandbox.faults import Faults
from billing.sandbox.idempotency import IdempotencyKeys
from billing.sandbox.store import Store


@dataclass
class DunningRules:
    """When a failed renewal is tried again (days after each failure), and what becomes of the subscription at last."""

    days: Sequence[int] = (3, 5, 7)
    at_last: str = "canceled"


class Sandbox:
    """What the handlers of requests get. Whoever touches it holds `lock`."""

    def __init__(self, retry_after: Sequence[float] = RETRY_AFTER) -> None:
        self.lock = threading.RLock()
        self.base_url = ""
        self.clock = Clock()
        self.store = Store(self.clock)
        self.events = Events(self.store)
        self.deliveries = Deliveries(self.store, retry_after)
        self.faults = Faults()
        self.keys = IdempotencyKeys()
        self.dunning = DunningRules()
        self.events.listener = self.deliveries.enqueue
        self.events.endpoints_for = lambda type: len(self.deliveries.endpoints_for(type))

    def now(self) -> int:
        return self.clock.now()
