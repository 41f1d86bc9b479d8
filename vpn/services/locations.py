"""Locations as everybody sees them: what staff entered, and what nodes measured."""

from __future__ import annotations

from typing import Any

from django.db import connection

from vpn.services.heard import HEARD_SQL, fresh_since
from vpn.services.location_state import COUNTS_SQL, state_of

_LOCATIONS = f"""
SELECT l.id, l.slug, l.name, l.city, l.country_code, l.latitude, l.longitude, l.premium,
       bool_or(s.state = 'online' AND s.stopped_at IS NULL AND {HEARD_SQL}) IS TRUE AS online,
       min(least(1.0, n.peer_count::float8 / s.capacity)) FILTER (
           WHERE s.state = 'online' AND s.stopped_at IS NULL AND {HEARD_SQL} AND s.capacity > 0 AND n.peer_count IS NOT NULL) AS load,
       {COUNTS_SQL}
FROM vpn_location l
LEFT JOIN vpn_server s ON s.location_id = l.id
LEFT JOIN vpn_nodestatus n ON n.server_id = s.id
WHERE l.is_active
GROUP BY l.id ORDER BY l.name, l.id
"""  # noqa: S608  (a constant of our own)
_COLUMNS = (
    "id",
    "slug",
    "name",
    "city",
    "country_code",
    "latitude",
    "longitude",
    "premium",
    "online",
    "load",
    "servers",
    "working",
)
# What pages draw and programs are not told.
_DRAWN = {"servers", "state"}


def list_locations() -> list[dict[str, Any]]:
    """Every active location. `load` is 0 to 1, of its least loaded online server as that last reported; None: not known."""
    return [{name: value for name, value in row.items() if name not in _DRAWN} for row in locations_with_servers()]


def locations_with_servers() -> list[dict[str, Any]]:
    """The same for pages, each with the number of its servers in service, heard or not, and its `state` as the status page says it."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCATIONS, {"fresh_since": fresh_since()})
        rows = [dict(zip(_COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["load"] = None if row["load"] is None else round(row["load"], 2)
        row["state"] = state_of(servers=row["servers"], working=row.pop("working"))
    return rows
