"""The names of configuration files, which `wg-quick` also takes as the names of interfaces."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

INTERFACE_NAME_LENGTH: Final = 15
FALLBACK_NAME: Final = "nexusvpn"


def config_file_name(device_name: str) -> str:
    """A file name for a device: at most 15 of `[a-z0-9_.-]` before `.conf`.

    wg-quick(8) also takes `=` and `+`, but then names an nftables table after the interface, and there they are a
    syntax error. The script `config-file.js` gives the same names.
    """
    return f"{_interface_name(device_name)}.conf"


def unique_file_names(names: Iterable[str]) -> dict[str, str]:
    """A file name for each name, no two alike: where they would be, the later ones end in a number."""
    taken: set[str] = set()
    chosen: dict[str, str] = {}
    for name in names:
        base = candidate = _interface_name(name)
        number = 1
        while candidate in taken:
            number += 1
            room = INTERFACE_NAME_LENGTH - len(f"-{number}")
            candidate = f"{base[:room].rstrip('-.')}-{number}"
        taken.add(candidate)
        chosen[name] = f"{candidate}.conf"
    return chosen


def _interface_name(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.category(c).startswith("M"))
    name = re.sub(r"[^a-z0-9_.-]+", "-", plain.lower())
    name = re.sub(r"^[-.]+", "", name)[:INTERFACE_NAME_LENGTH]
    return re.sub(r"[-.]+$", "", name) or FALLBACK_NAME
