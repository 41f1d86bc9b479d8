"""The name of a device's configuration file."""

from __future__ import annotations

import re
import unicodedata

INTERFACE_NAME_LENGTH = 15
FALLBACK_NAME = "nexusvpn"


def config_file_name(device_name: str) -> str:
    """A file name that `wg-quick` also takes as the interface name: at most 15 of `[a-zA-Z0-9_=+.-]` before `.conf`.

    The script `config-file.js` gives the same names.
    """
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", device_name) if not unicodedata.category(c).startswith("M")
    )
    name = re.sub(r"[^a-z0-9_=+.-]+", "-", plain.lower())
    name = re.sub(r"^[-.]+", "", name)[:INTERFACE_NAME_LENGTH]
    name = re.sub(r"[-.]+$", "", name)
    return f"{name or FALLBACK_NAME}.conf"
