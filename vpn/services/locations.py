"""Locations as everybody sees them: what staff entered, and what nodes measured."""

from __future__ import annotations

from typing import Any

from django.db import connection

from vpn.services.heard import HEARD_SQL, fresh_since

_LOCATIONS = f"""
SELECT l.id, l.slug, l.name, l.city, l.country_code, l.latitude, l.longitude, l.premium,
       bool_or(s.state = 'online' AND s.stopped_at IS NULL AND {HEARD_SQL}) IS TRUE AS online,
       min(least(1.0, n.peer_count::float8 / s.capacity)) FILTER (
           WHERE s.state = 'online' AND s.stopped_at IS NULL AND {HEARD_SQL} AND s.capacity > 0 AND n.peer_count IS NOT NULL) AS load,
       count(s.id) FILTER (WHERE s.state IN ('online', 'draining', 'offline')) AS servers
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
)


def list_locations() -> list[dict[str, Any]]:
    """Every active location. `load` is 0 to 1, of its least loaded online server as that last reported; None: not known."""
    return [{name: value for name, value in row.items() if name != "servers"} for row in locations_with_servers()]


def locations_with_servers() -> list[dict[str, Any]]:
    """The same for maps, each with the number of its servers, whether they are online or not."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCATIONS, {"fresh_since": fresh_since()})
        rows = [dict(zip(_COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    return [{**row, "load": None if row["load"] is None else round(row["load"], 2)} for row in rows]
