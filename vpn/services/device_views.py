"""Devices as people see them: name, addresses, and a state that is only what nodes have said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from nexusvpn.api.pagination import Page, PageRequest
from nexusvpn.db import planned_once
from nexusvpn.errors import NotFound
from vpn.models import VpnConfig
from vpn.services.heard import HEARD_SQL, fresh_since

# With the words of their badges. What is not known comes before what is known to be off: it may be a connection.
CONNECTIONS = {"online": "connected", "unknown": "unknown", "idle": "idle", "never": "never_used"}
# How long a removed device stays in sight as the proof of its removal.
SHOWN_AFTER_REMOVAL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A device on one server. `state_at` is when the node last said so; None: it is not heard now, and nothing is known of now."""

    location_slug: str
    location_name: str
    ipv4: str
    ipv6: str
    is_active: bool
    connection: str
    state_at: datetime | None
    is_wanted: bool
    is_stopped: bool
    is_unconfirmed: bool
    is_superseded: bool
    leaves_at: datetime | None
    is_leaving: bool
    blocked: str

    @property
    def state(self) -> str:
        """active, activating, suspending (the node has yet to confirm that it is gone), suspended, or stopped (by an emergency stop)."""
        if self.is_wanted and not self.is_stopped:
            return "active" if self.is_active else "activating"
        if self.is_unconfirmed:
            return "suspending"
        return "stopped" if self.is_stopped else "suspended"

    @property
    def badge(self) -> str:
        """The connection where there can be one, otherwise what keeps the device from it."""
        return CONNECTIONS[self.connection] if self.state == "active" else self.state

    def as_dict(self) -> dict[str, Any]:
        return {
            "location": self.location_slug,
            "ipv4": self.ipv4,
            "ipv6": self.ipv6,
            "state": self.state,
            "blocked": self.blocked or None,
            "connection": self.connection,
            "connection_at": self.state_at,
            "superseded": self.is_superseded,
            "leaves_at": self.leaves_at,
        }


def _newest(places: Iterable[PlaceView]) -> datetime | None:
    return max((place.state_at for place in places if place.state_at is not None), default=None)


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One row of any list of devices. `unconfirmed` names the locations whose node has not yet confirmed that the device is gone there."""

    id: UUID
    name: str
    public_key: str
    created_at: datetime
    expires_at: datetime | None
    suspended_by: str
    blocked: str
    revoked_at: datetime | None
    removed_at: datetime | None
    location_slug: str
    location_name: str
    places: tuple[PlaceView, ...]
    unconfirmed: tuple[str, ...]

    @property
    def home(self) -> PlaceView | None:
        """The place in the device's own location; None when no server there has one for it."""
        return next((place for place in self.places if place.location_slug == self.location_slug), None)

    @property
    def ipv4(self) -> str:
        return self.home.ipv4 if self.home else ""

    @property
    def ipv6(self) -> str:
        return self.home.ipv6 if self.home else ""

    @property
    def is_active(self) -> bool:
        return self.lifecycle == "active"

    @property
    def lifecycle(self) -> str:
        """active, activating, suspending, suspended, stopped, unplaced, removing or removed."""
        if self.revoked_at is not None:
            return "removed" if self.removed_at is not None else "removing"
        if self.blocked:
            return "suspending" if self.unconfirmed else "suspended"
        states = {place.state for place in self.places}
        if not states:
            return "unplaced"
        order = ("activating", "active", "suspending", "stopped", "suspended")
        return next(state for state in order if state in states)

    @property
    def connection(self) -> str:
        """online, unknown, idle or never: the most that any of its nodes says, or would say if it were heard."""
        known = {place.connection for place in self.places}
        return next((word for word in CONNECTIONS if word in known), "never")

    @property
    def connection_at(self) -> datetime | None:
        """When a node last said so; None when no node that is heard has that word."""
        return _newest(place for place in self.places if place.connection == self.connection)

    @property
    def state_at(self) -> datetime | None:
        """When a node last said what `state` says, of the states that are a node's word."""
        if self.state == "activating":
            return _newest(place for place in self.places if place.state == "activating")
        return self.connection_at

    @property
    def state(self) -> str:
        """The word for the badge: the connection of an active device, otherwise what keeps it from one."""
        if self.lifecycle == "activating" and any(place.badge == "connected" for place in self.places):
            # Another of its places is still to be confirmed; that disconnects nobody.
            return "connected"
        if self.lifecycle != "active":
            return self.lifecycle
        return CONNECTIONS[self.connection]

    @property
    def connected_through(self) -> str:
        """The name of the location that it is connected through, or else was; of the first, should it be several."""
        words = ("online", "idle")
        found = (place.location_name for word in words for place in self.places if place.connection == word)
        return next(found, self.location_name)

    @property
    def leaving(self) -> tuple[PlaceView, ...]:
        """Places whose server is being emptied and that have no successor yet or are still in use."""
        return tuple(place for place in self.places if place.is_leaving)

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "public_key": self.public_key,
            "location": self.location_slug,
            "ipv4": self.ipv4,
            "ipv6": self.ipv6,
            "state": self.lifecycle,
            "blocked": self.blocked or None,
            "connection": self.connection,
            "connection_at": self.connection_at,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "removed_at": self.removed_at,
            "unconfirmed": list(self.unconfirmed),
            "places": [place.as_dict() for place in self.places],
        }


# While a key rotation is under way the former key's connection counts until the new one has its own.
_CONNECTION = "coalesce(nullif(p.connection, 'never'), o.connection, p.connection)"
_PLACES = f"""
SELECT coalesce(json_agg(json_build_array(
    pl.slug, pl.name, host(a.ipv4), host(a.ipv6),
    p.revision IS NOT NULL AND n.applied_epoch = s.epoch AND n.applied_revision >= p.revision
        AND p.public_key <> ALL (n.failed_keys),
    CASE WHEN {_CONNECTION} = 'never' OR {HEARD_SQL} THEN coalesce({_CONNECTION}, 'never') ELSE 'unknown' END,
    CASE WHEN {HEARD_SQL} THEN extract(epoch FROM n.last_report_at) END,
    p.revision IS NOT NULL, s.stopped_at IS NOT NULL,
    EXISTS (SELECT FROM vpn_peer t WHERE t.assignment_id = a.id AND NOT t.wanted), a.superseded_at IS NOT NULL,
    extract(epoch FROM s.drain_until), s.state = 'draining', a.blocked
) ORDER BY a.superseded_at NULLS FIRST, a.created_at, a.id), '[]')
FROM vpn_ipassignment a
JOIN vpn_server s ON s.id = a.server_id
JOIN vpn_location pl ON pl.id = a.location_id
LEFT JOIN vpn_nodestatus n ON n.server_id = a.server_id
LEFT JOIN vpn_peer p ON p.assignment_id = a.id AND p.public_key = d.public_key AND p.wanted
LEFT JOIN vpn_peer o ON o.server_id = p.server_id AND o.public_key = p.takes_over
WHERE a.device_id = d.id AND a.released_at IS NULL
"""  # noqa: S608  (a constant of our own)

_UNCONFIRMED = """
SELECT coalesce(json_agg(DISTINCT ul.name || CASE WHEN t.revision < 0 THEN ' (former machine)' ELSE '' END), '[]') FROM vpn_peer t
JOIN vpn_server us ON us.id = t.server_id JOIN vpn_location ul ON ul.id = us.location_id
WHERE t.device_id = d.id AND NOT t.wanted
"""

_DEVICES = f"""
SELECT d.id, d.name, d.public_key, d.created_at, d.expires_at, d.suspended_by, d.blocked, d.revoked_at, d.removal_confirmed_at,
       l.slug, l.name, ({_PLACES}), ({_UNCONFIRMED}), count(*) OVER ()
FROM vpn_vpnconfig d JOIN vpn_location l ON l.id = d.location_id
WHERE d.user_id = %(user)s
"""  # noqa: S608  (constants of our own)
_NEWEST_FIRST = " AND d.revoked_at IS NULL ORDER BY d.created_at DESC, d.id LIMIT %(limit)s OFFSET %(offset)s"
_ONE = " AND d.id = %(device)s"


def _fetch(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with planned_once() as cursor:
        cursor.execute(statement, {"fresh_since": fresh_since(), **parameters})
        return list(cursor.fetchall())


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _place(values: list[Any]) -> PlaceView:
    *plain, state_at, wanted, stopped, unconfirmed, superseded, leaves_at, leaving, blocked = values
    known = (wanted, stopped, unconfirmed, superseded)
    return PlaceView(*[*plain, _time(state_at), *known, _time(leaves_at), leaving, blocked])


def _view(row: Iterable[Any]) -> DeviceView:
    *plain, places, unconfirmed, _ = row
    return DeviceView(*[*plain, tuple(map(_place, places)), tuple(unconfirmed)])


def device_page(user_id: UUID, wanted: PageRequest) -> Page:
    """A page of the person's live devices, newest first; one query, a second one only past the end."""
    rows = _fetch(_DEVICES + _NEWEST_FIRST, user=user_id, limit=wanted.limit, offset=wanted.offset)
    past_the_end = not rows and wanted.page > 1
    total = rows[0][-1] if rows else device_page(user_id, PageRequest(1, 1)).total if past_the_end else 0
    return Page([_view(row) for row in rows], wanted.page, wanted.limit, total)


def live_devices(user_id: UUID, at_most: int = 100) -> list[DeviceView]:
    """The person's live devices, newest first."""
    return device_page(user_id, PageRequest(1, at_most)).items


def find_device(user_id: UUID, device_id: UUID, *, removed: bool = False) -> DeviceView:
    """Raises NotFound, also for another person's device, and for a removed one unless `removed` asks for these too."""
    rows = _fetch(_DEVICES + _ONE, user=user_id, device=device_id)
    view = _view(rows[0]) if rows else None
    if view is None or (view.revoked_at is not None and not removed):
        raise NotFound
    return view


def recently_removed(user_id: UUID) -> list[DeviceView]:
    """Removed devices that some node has not let go of yet, and those that the last one let go of within a day."""
    statement = (
        " AND d.revoked_at IS NOT NULL AND (d.removal_confirmed_at IS NULL OR d.removal_confirmed_at > %(since)s)"
        " ORDER BY d.revoked_at DESC, d.id LIMIT 100"
    )
    return [
        _view(row) for row in _fetch(_DEVICES + statement, user=user_id, since=timezone.now() - SHOWN_AFTER_REMOVAL)
    ]


def devices_shown(user_id: UUID, at_most: int) -> list[DeviceView]:
    """Both of them in one query: the live ones, newest first, and then those that were removed of late."""
    statement = (
        " AND (d.revoked_at IS NULL OR d.removal_confirmed_at IS NULL OR d.removal_confirmed_at > %(since)s)"
        " ORDER BY d.revoked_at DESC NULLS FIRST, d.created_at DESC, d.id LIMIT %(limit)s"
    )
    since = timezone.now() - SHOWN_AFTER_REMOVAL
    return [_view(row) for row in _fetch(_DEVICES + statement, user=user_id, since=since, limit=at_most)]


def leaving_places(devices: Iterable[DeviceView]) -> list[tuple[DeviceView, PlaceView]]:
    """Every place whose server is being emptied, those with the nearest date first."""
    found = [(device, place) for device in devices for place in device.leaving]
    latest = datetime.max.replace(tzinfo=UTC)
    return sorted(found, key=lambda pair: pair[1].leaves_at or latest)


def names_of_devices(user: User) -> list[tuple[UUID, str]]:
    """What a person may name as theirs when they ask us something (`accounts.belongings`)."""
    return list(VpnConfig.objects.live().filter(user=user).order_by("name", "id").values_list("pk", "name"))
