"""How the service is, for everybody: each location now and in the last 90 days, and what staff say about trouble.

A status page is read most when things burn, so one answer serves everybody who asks within a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from nexusvpn.kept import Kept
from vpn.services.heard import fresh_since
from vpn.services.incidents import IncidentView, shown_incidents
from vpn.services.location_state import COUNTS_SQL, state_of
from vpn.services.uptime import History, histories, unknown_history

KEPT_S = 0.5
# The watch looks once a minute: nothing of the past changes faster.
HISTORY_KEPT_S = 15.0

_NOW = f"""
SELECT l.id, l.slug, l.name, l.city, l.country_code, {COUNTS_SQL}
FROM vpn_location l
LEFT JOIN vpn_server s ON s.location_id = l.id
LEFT JOIN vpn_nodestatus n ON n.server_id = s.id
WHERE l.is_active
GROUP BY l.id ORDER BY l.city, l.name, l.id
"""  # noqa: S608  (a constant of our own)


@dataclass(frozen=True, slots=True)
class LocationStatus:
    """A location with servers in service: how many there are, and of how many is heard that they work."""

    id: int
    slug: str
    name: str
    city: str
    country_code: str
    servers: int
    working: int
    history: History

    @property
    def state(self) -> str:
        return state_of(servers=self.servers, working=self.working)


@dataclass(frozen=True, slots=True)
class UnusedLocation:
    """A location without a server in service: nothing of it is measured."""

    slug: str
    name: str
    city: str

    @property
    def place(self) -> str:
        """Tells it from another location in the same city."""
        return self.city if self.name == self.city else f"{self.city} ({self.name})"


@dataclass(frozen=True, slots=True)
class Status:
    """How everything was at `measured_at`. Of locations without a server in service nothing is measured: they are named."""

    measured_at: datetime
    locations: tuple[LocationStatus, ...]
    not_in_service: tuple[UnusedLocation, ...]
    incidents: tuple[IncidentView, ...]

    @property
    def state(self) -> str | None:
        """up, degraded or down; None: no server is in service."""
        if not self.locations:
            return None
        states = {location.state for location in self.locations}
        return states.pop() if len(states) == 1 else "degraded"

    @property
    def places_not_in_service(self) -> list[str]:
        return [location.place for location in self.not_in_service]

    @property
    def in_trouble(self) -> list[LocationStatus]:
        return [location for location in self.locations if location.state != "up"]

    @property
    def open_incidents(self) -> list[IncidentView]:
        return [incident for incident in self.incidents if incident.resolved_at is None]

    @property
    def past_incidents(self) -> list[IncidentView]:
        return [incident for incident in self.incidents if incident.resolved_at is not None]

    def as_dict(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "measured_at": self.measured_at,
            "locations": [_location_dict(location) for location in self.locations],
            "incidents": [incident.as_dict() for incident in self.incidents],
        }


def _location_dict(location: LocationStatus) -> dict[str, Any]:
    return {
        "slug": location.slug,
        "name": location.name,
        "city": location.city,
        "country_code": location.country_code,
        "state": location.state,
        "up": _rounded(location.history.share),
        "days": [
            {"date": day.day, "up": _rounded(day.share), "known_seconds": round(day.known_s)}
            for day in location.history.days
        ],
    }


def _rounded(share: float | None) -> float | None:
    """To a thousandth of a percent, downwards: what was down for a second was not up all the time."""
    return None if share is None else math.floor(share * 100_000 + 1e-6) / 100_000


def _measure() -> Status:
    measured_at = timezone.now()
    history = _history.get()
    with connection.cursor() as cursor:
        cursor.execute(_NOW, {"fresh_since": fresh_since()})
        rows = cursor.fetchall()
    unknown = unknown_history(measured_at)
    found = [LocationStatus(*[*row, history.get(row[0], unknown)]) for row in rows]
    locations = tuple(location for location in found if location.servers)
    unused = tuple(UnusedLocation(each.slug, each.name, each.city) for each in found if not each.servers)
    return Status(measured_at, locations, unused, tuple(shown_incidents()))


_history = Kept(lambda: histories(timezone.now()), HISTORY_KEPT_S)
_status = Kept(_measure, KEPT_S)


def current_status() -> Status:
    """At most a second old, unless the database is away."""
    return _status.get()
