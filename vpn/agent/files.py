"""Files of the state directory: private, written whole or not at all, and one agent at a time."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any, Final

LOCK_NAME: Final = "agent.lock"


class StateDirError(Exception):
    """The state directory cannot be used: missing, damaged, or in use by another agent."""


def prepare_state_dir(path: Path) -> None:
    """Make the directory (0700) if there is none, and close it to everybody else."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)


def write_private(path: Path, content: str) -> None:
    """Replace a file (0600) in one step: after a crash the old or the new content is there, never a mixture."""
    temporary = path.with_name(path.name + ".new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON object with `write_private`."""
    write_private(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in a file, or None if there is no such file; raises StateDirError if it is damaged."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StateDirError(f"{path} cannot be read: {type(error).__name__}") from error
    if not isinstance(value, dict):
        raise StateDirError(f"{path} is not a JSON object")
    return value


class StateDirLock:
    """Holds the state directory for one process.

    The kernel lets go of it when the process ends, however it ends.
    """

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / LOCK_NAME
        self._handle = -1

    def __enter__(self) -> "StateDirLock":
        # O_CLOEXEC (Python's default) keeps a wireguard-go started from here from inheriting the lock.
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise StateDirError(f"another agent is using {self._path.parent}") from None
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)
