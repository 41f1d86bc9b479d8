"""What `status` prints."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from vpn.agent.backends.base import BackendError
from vpn.agent.backends.choose import choose_backend
from vpn.agent.files import StateDirError, StateDirLock
from vpn.agent.identity import load_identity
from vpn.agent.intention import Intention
from vpn.agent.link import interface_index
from vpn.agent.store import STORE_NAME, Store

NAMED: Final = 20


def describe(state_dir: Path) -> str:
    """Return a few lines about the node for people, with no secret in them; raises StateDirError if not enrolled."""
    identity = load_identity(state_dir)
    lines = [
        f"node           {identity.node_id}",
        f"control plane  {identity.control_url}",
        f"agent          {'running' if _is_locked(state_dir) else 'not running'}",
        f"interface      {identity.interface} ({_interface_state(identity.interface, identity.backend)})",
        f"addresses      {', '.join(identity.addresses)}",
    ]
    if (state_dir / STORE_NAME).exists():
        try:
            lines += _describe_memory(state_dir)
        except sqlite3.Error as error:  # one of an older agent, which the next start brings up to date
            lines.append(f"memory         cannot be read: {error}")
    return "\n".join(lines)


def _describe_memory(state_dir: Path) -> list[str]:
    store = Store(state_dir, read_only=True)
    with closing(store):
        intention = Intention(store)
        report_id = store.get_int("report_id")
    wanted, held = len(intention.wanted), len(intention.held)
    return [
        f"revision       {intention.acknowledged} applied, {intention.cursor} known",
        f"peers          {wanted} wanted, {held} of them held back from a refused removal",
        *_named("removing", sorted(intention.removals)),
        *_named("refused", [f"{key} ({reason})" for key, reason in sorted(intention.failures.items())]),
        *_named("changing keys", [f"{h.old} to {h.new}" for h in sorted(intention.handovers.values())]),
        f"reports        {report_id} written",
    ]


def _named(what: str, entries: Sequence[str]) -> list[str]:
    """Return a line with the number of entries and one for each, except for very many; none for none."""
    if not entries:
        return []
    lines = [f"{what:<15}{len(entries)}", *(f"  {entry}" for entry in entries[:NAMED])]
    return lines if len(entries) <= NAMED else [*lines, f"  and {len(entries) - NAMED} more"]


def _is_locked(state_dir: Path) -> bool:
    try:
        with StateDirLock(state_dir):
            return False
    except StateDirError:
        return True


def _interface_state(name: str, backend: str) -> str:
    if interface_index(name) is None:
        return "does not exist"
    try:
        return f"up, {len(choose_backend(name, backend).read().peers)} peers"
    except BackendError as error:
        return f"cannot be read: {error}"
