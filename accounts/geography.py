"""About where an address is, from a file on this machine; nobody is asked, and without the file nothing is said."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import maxminddb
from django.conf import settings
from django.utils.translation import get_language


@lru_cache(maxsize=2)
def _database(path: str) -> maxminddb.Reader:
    return maxminddb.open_database(path)


def place_of(address: str | None) -> str:
    """The city, if it is known, and the country of an address, as the language that is spoken names them: "Utrecht, Netherlands"."""
    if not address or not settings.GEOIP_FILE:
        return ""
    found: Any = _database(settings.GEOIP_FILE).get(address)
    if not isinstance(found, dict):
        return ""
    language = (get_language() or "en").split("-")[0]
    names = (found.get(part, {}).get("names", {}) for part in ("city", "country"))
    return ", ".join(name for name in (each.get(language) or each.get("en", "") for each in names) if name)
