"""Seeing nodes go: which of those that waited here have left, and whether they come back in time.

Only the process in which a node waits can see its connection break off. A loss is written into the node's row at once
(`vpn.services.heard`); any contact, with whichever process, takes it out again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from vpn.node_api.waiters import Waiters
from vpn.services.heard import GRACE

# After an answer a node has work to do before it asks again. With the grace that a loss has, three seconds.
AFTER_ANSWER_S = 3.0 - GRACE.total_seconds()
# A report that was under way when the connection broke off takes the loss out; another look finds that nothing followed.
LOOK_AGAIN_S = 3.0
# For how long after the event a report may have been under way. One that came later shows that the node is there.
UNDER_WAY_S = 1.0


class Presence:
    """What this process knows of its nodes. One that was never here is left alone. All methods belong to the event loop."""

    def __init__(self, waiters: Waiters, note_loss: Callable[[UUID, timedelta], Awaitable[None]]) -> None:
        self._waiters = waiters
        self._note_loss = note_loss
        self._looks: dict[UUID, asyncio.TimerHandle] = {}
        self._writes: set[asyncio.Future[None]] = set()
        self._leaving = False

    def came(self, server_id: UUID) -> None:
        """A request of the node is here."""
        look = self._looks.pop(server_id, None)
        if look is not None:
            look.cancel()

    def answered(self, server_id: UUID) -> None:
        """The node got what it waited for, and should ask again."""
        self._look_after(AFTER_ANSWER_S, server_id)

    def broke_off(self, server_id: UUID) -> None:
        """The node's connection ended while it waited."""
        self._look(server_id, timedelta())
        self._look_after(LOOK_AGAIN_S, server_id)

    def leave(self) -> None:
        """This process ends, and with it connections whose nodes are well: from now on nothing is concluded from that."""
        self._leaving = True
        for look in self._looks.values():
            look.cancel()
        self._looks.clear()

    def _look_after(self, seconds: float, server_id: UUID) -> None:
        self.came(server_id)
        if not self._leaving:
            loop = asyncio.get_running_loop()
            unheard_for = timedelta(seconds=seconds - UNDER_WAY_S)
            self._looks[server_id] = loop.call_later(seconds, self._look_and_forget, server_id, unheard_for)

    def _look_and_forget(self, server_id: UUID, unheard_for: timedelta) -> None:
        self._looks.pop(server_id, None)
        self._look(server_id, unheard_for)

    def _look(self, server_id: UUID, unheard_for: timedelta) -> None:
        if self._leaving or self._waiters.has(server_id):
            return
        # Kept until it is done: the loop itself holds tasks only weakly.
        write = asyncio.ensure_future(self._note_loss(server_id, unheard_for))
        self._writes.add(write)
        write.add_done_callback(self._writes.discard)
