"""The record of what the agent made on this node, so that a teardown removes exactly that."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from vpn.agent.files import read_json, write_json

MADE_NAME: Final = "made.json"
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Return the id that the kernel draws at every boot."""
    return _BOOT_ID.read_text(encoding="ascii").strip()


@dataclass(slots=True)
class Made:
    """Written before each thing is made, so that a crash in between leaves nothing forgotten.

    `token` identifies one creation of the interface; it also stands in the interface's alias, which the
    kernel drops together with the interface; `marked` tells that it got that far. `firewall` is the table as
    it was ordered and `listing` as `nft` shows it. `sysctls` maps a path below /proc/sys to its value before the
    agent changed it.
    """

    path: Path
    interface: str
    token: str = ""
    boot_id: str = ""
    marked: bool = False
    firewall: str = ""
    listing: str = ""
    addresses: list[str] = field(default_factory=list)
    sysctls: dict[str, str] = field(default_factory=dict)

    @property
    def interface_epoch(self) -> str:
        """Return what the node API calls `interface_epoch`."""
        return f"{self.boot_id}:{self.token}"

    def save(self) -> None:
        """Write the record to disk."""
        values = asdict(self)
        del values["path"]
        write_json(self.path, values)

    def forget(self) -> None:
        """Remove the record: nothing that the agent made is left."""
        self.path.unlink(missing_ok=True)


def load_made(state_dir: Path) -> Made | None:
    """Return the record, or None if the agent has made nothing here."""
    path = state_dir / MADE_NAME
    values = read_json(path)
    return None if values is None else Made(path=path, **values)
