"""About where an address is, from a file on this machine; nobody is asked, and without the file nothing is said."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import maxminddb
from django.conf import settings


@lru_cache(maxsize=2)
def _database(path: str) -> maxminddb.Reader:
    return maxminddb.open_database(path)


def place_of(address: str | None) -> str:
    """The city, if it is known, and the country of an address, in English: "Utrecht, Netherlands". Empty if unknown."""
    if not address or not settings.GEOIP_FILE:
        return ""
    found: Any = _database(settings.GEOIP_FILE).get(address)
    if not isinstance(found, dict):
        return ""
    names = (found.get(part, {}).get("names", {}).get("en", "") for part in ("city", "country"))
    return ", ".join(name for name in names if name)
