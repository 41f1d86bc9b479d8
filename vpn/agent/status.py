"""What `status` prints."""

from pathlib import Path

from vpn.agent.backends.base import BackendError
from vpn.agent.backends.choose import choose_backend
from vpn.agent.files import StateDirError, StateDirLock
from vpn.agent.identity import load_identity
from vpn.agent.link import interface_index
from vpn.agent.store import STORE_NAME, Store


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
        store = Store(state_dir, read_only=True)
        wanted, held = store.load_peers()
        lines.append(f"revision       {store.get_int('acknowledged')} applied, {store.get_int('cursor')} known")
        lines.append(f"peers          {len(wanted)} wanted, {len(held)} of them held back from a refused removal")
        lines.append(f"reports        {store.get_int('report_id')} written")
        store.close()
    return "\n".join(lines)


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
