"""The locations as one person looks through them: found by words, narrowed, sorted, favourites first."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from billing.entitlements import Entitlement
from nexusvpn.countries import country_name


class Show(StrEnum):
    ALL = "all"
    AVAILABLE = "available"
    PREMIUM = "premium"
    FAVOURITES = "favourites"


class Sort(StrEnum):
    NAME = "name"
    COUNTRY = "country"
    LOAD = "load"


@dataclass(frozen=True, slots=True)
class LocationRow:
    """`load` is 0 to 1, or None where nobody has measured it; `country` is in the reader's language; `online`: takes devices."""

    id: int
    slug: str
    name: str
    city: str
    country_code: str
    latitude: float
    longitude: float
    premium: bool
    online: bool
    load: float | None
    servers: int
    state: str
    country: str
    is_favourite: bool
    is_in_plan: bool

    @property
    def is_available(self) -> bool:
        """Whether the person can connect there now."""
        return self.online and self.is_in_plan


def rows_for(
    locations: list[dict[str, Any]], entitlement: Entitlement, favourites: Collection[int]
) -> list[LocationRow]:
    """`locations` as `locations_with_servers` gives them."""
    return [
        LocationRow(
            **location,
            country=country_name(location["country_code"]),
            is_favourite=location["id"] in favourites,
            is_in_plan=entitlement.premium_locations or not location["premium"],
        )
        for location in locations
    ]


def look_through(rows: list[LocationRow], *, words: str, show: Show, sort: Sort) -> list[LocationRow]:
    """Those in which every word is found: in the city, the name, the country or its code. Favourites come first."""
    wanted = plain(words).split()
    found = [row for row in rows if _IS_SHOWN[show](row) and all(word in _text_of(row) for word in wanted)]
    return sorted(found, key=lambda row: (not row.is_favourite, *_ORDER[sort](row), plain(row.city), row.name, row.id))


def plain(text: str) -> str:
    """Without accents and capitals, so that "zurich" finds "Zürich"."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def _text_of(row: LocationRow) -> str:
    return plain(f"{row.city} {row.name} {row.country} {row.country_code}")


_IS_SHOWN: dict[Show, Callable[[LocationRow], bool]] = {
    Show.ALL: lambda row: True,
    Show.AVAILABLE: lambda row: row.is_available,
    Show.PREMIUM: lambda row: row.premium,
    Show.FAVOURITES: lambda row: row.is_favourite,
}
# What is not measured comes after what is.
_ORDER: dict[Sort, Callable[[LocationRow], tuple[Any, ...]]] = {
    Sort.NAME: lambda row: (),
    Sort.COUNTRY: lambda row: (plain(row.country),),
    Sort.LOAD: lambda row: (row.load is None, row.load or 0.0),
}
