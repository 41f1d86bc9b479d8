"""Who waits for which server, and at which epoch and revision each stands."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from uuid import UUID

from vpn.node_api.params import StateRequest

# One that hangs, and one that replaces it after a connection was lost without a word.
HANGING_PER_NODE = 2


class Waiter:
    """One request. `ended`: it shall hang no longer, because its node has opened newer ones, or because this process ends."""

    def __init__(self, wanted: StateRequest) -> None:
        self.stands = (wanted.epoch, wanted.after)
        self.event = asyncio.Event()
        self.hangs = False
        self.ended = False


class Waiters:
    def __init__(self) -> None:
        self._waiting: dict[UUID, list[Waiter]] = defaultdict(list)
        self._ending = False

    def register(self, server_id: UUID, wanted: StateRequest) -> Waiter:
        waiter = Waiter(wanted)
        waiter.ended = self._ending
        self._waiting[server_id].append(waiter)
        return waiter

    def forget(self, server_id: UUID, waiter: Waiter) -> None:
        waiting = self._waiting[server_id]
        waiting.remove(waiter)
        if not waiting:
            del self._waiting[server_id]

    def hang(self, server_id: UUID, waiter: Waiter) -> None:
        """From now on this request hangs; the oldest ones that are one too many for its node end."""
        waiter.hangs = True
        hanging = [each for each in self._waiting[server_id] if each.hangs and not each.ended]
        for oldest in hanging[:-HANGING_PER_NODE]:
            oldest.ended = True
            oldest.event.set()

    def has(self, server_id: UUID) -> bool:
        return server_id in self._waiting

    def end_all(self) -> None:
        """Nobody shall hang any longer, nor whoever comes now."""
        self._ending = True
        for waiting in self._waiting.values():
            for waiter in waiting:
                waiter.ended = True
                waiter.event.set()

    def wake(self, server_id: UUID) -> None:
        for waiter in self._waiting.get(server_id, ()):
            waiter.event.set()

    def servers(self) -> list[UUID]:
        return list(self._waiting)

    def compare(self, found: list[tuple[UUID, UUID, int, bool]]) -> None:
        """Wake those who stand elsewhere than their server does, and those whose node is thought to be lost: they know better."""
        for server_id, epoch, revision, lost in found:
            for waiter in self._waiting.get(server_id, ()):
                if lost or waiter.stands != (str(epoch), revision):
                    waiter.event.set()
