"""What a sandbox knows, in a file: whoever starts it again finds the customers and subscriptions of before."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from billing.sandbox.events import API_VERSION
from billing.sandbox.sandbox import Sandbox

# Another number: files of former versions hold objects in another shape, and are set aside.
SHAPE = (API_VERSION, 1)


class Keeper:
    """Writes the file after every request that changed something, before its answer: what was answered is not forgotten."""

    def __init__(self, sandbox: Sandbox, file: Path) -> None:
        self._sandbox = sandbox
        self._file = file
        self._written = b""

    def load(self) -> None:
        """Take up what the file holds, if it does. Events that were still on their way are sent again."""
        if not self._file.exists():
            return
        try:
            shape, known = pickle.loads(self._file.read_bytes())  # noqa: S301  (ours: nobody else writes there)
            if shape != SHAPE:
                raise ValueError("another version wrote it")
        except Exception as error:  # noqa: BLE001  (whatever is wrong with it, it is of no use)
            aside = self._file.with_suffix(".unreadable")
            self._file.replace(aside)
            sys.stderr.write(f"The sandbox begins anew ({error}); what it knew is in {aside}.\n")
            return
        for name, (_, put) in _PARTS.items():
            put(self._sandbox, known[name])
        for event in reversed(self._sandbox.store.all("event", lambda event: event["pending_webhooks"] > 0)):
            self._sandbox.events.listener(event)

    def save(self) -> None:
        with self._sandbox.lock:
            known = {name: get(self._sandbox) for name, (get, _) in _PARTS.items()}
            found = pickle.dumps((SHAPE, known))
            if found == self._written:
                return
            partial = self._file.with_suffix(".partial")
            # Webhook secrets and addresses of pages are in it.
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(found)
            partial.replace(self._file)
            self._written = found


def _put_dunning(sandbox: Sandbox, rules: Any) -> None:
    sandbox.dunning = rules


_PARTS: dict[str, tuple[Callable[[Sandbox], Any], Callable[[Sandbox, Any], None]]] = {
    "objects": (lambda sandbox: sandbox.store.copy(), lambda sandbox, saved: sandbox.store.restore(saved)),
    "ahead": (lambda sandbox: sandbox.clock.ahead, lambda sandbox, ahead: sandbox.clock.go_ahead(ahead)),
    "keys": (lambda sandbox: sandbox.keys.answered(), lambda sandbox, known: sandbox.keys.restore(known)),
    "dunning": (lambda sandbox: sandbox.dunning, _put_dunning),
}
