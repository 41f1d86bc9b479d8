"""Events: what happened, with the object as it was at that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy

from billing.sandbox.shapes import Obj
from billing.sandbox.store import Store

API_VERSION = "2026-08-26.dahlia"


class Events:
    """Writes events and hands each to whoever delivers them, in the order in which they happened."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.listener: Callable[[Obj], None] = lambda event: None
        self.endpoints_for: Callable[[str], int] = lambda type: 0
        # What a request has caused goes out when the request is through: one that takes everything back sends nothing.
        self._waiting: list[Obj] = []
        # The request that causes what happens now: (id, idempotency key), both null for what the clock causes.
        self.cause: tuple[str | None, str | None] = (None, None)

    def emit(self, type: str, obj: Obj, previous: Obj | None = None) -> Obj:
        data: Obj = {"object": deepcopy(obj)}
        if previous is not None:
            data["previous_attributes"] = deepcopy(previous)
        id, key = self.cause
        event = self._store.add(
            "event",
            {
                "type": type,
                "data": data,
                "api_version": API_VERSION,
                "pending_webhooks": self.endpoints_for(type),
                "request": {"id": id, "idempotency_key": key},
            },
        )
        # The snapshot as it is: `complete` must not add to what the object had.
        event["data"] = data
        self._waiting.append(event)
        return event

    @contextmanager
    def change(self, obj: Obj, type: str) -> Iterator[Obj]:
        """Emits `type` with the former values if the object is different afterwards."""
        before = deepcopy(obj)
        yield obj
        previous = {name: before.get(name) for name in obj if obj[name] != before.get(name)}
        if previous:
            self.emit(type, obj, previous)

    def take_back(self) -> None:
        self._waiting.clear()

    def send(self) -> None:
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self.listener(event)
