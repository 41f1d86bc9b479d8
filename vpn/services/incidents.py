"""What staff tell the public about trouble: an incident, and messages that are added to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.locks import lock_person
from accounts.models import User
from nexusvpn.errors import Conflict, InvalidInput
from vpn.locks import lock_incident
from vpn.models import Incident, IncidentUpdate, Location

SHOWN = timedelta(days=90)
AT_MOST = 50
SENT_TWICE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as everybody sees it. `locations` are names; empty: everywhere."""

    id: int
    title: str
    impact: str
    started_at: datetime
    resolved_at: datetime | None
    locations: tuple[str, ...]
    updates: tuple[tuple[datetime, str], ...]

    @property
    def impact_name(self) -> str:
        return str(Incident.Impact(self.impact).label)

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "impact": self.impact,
            "locations": list(self.locations),
            "started_at": self.started_at,
            "resolved_at": self.resolved_at,
            "updates": [{"written_at": written_at, "text": text} for written_at, text in self.updates],
        }


def shown_incidents() -> list[IncidentView]:
    """Those that have begun and are open, or ended in the last 90 days; newest first, at most 50. Three queries."""
    now = timezone.now()
    shown = Incident.objects.filter(Q(resolved_at=None) | Q(resolved_at__gt=now - SHOWN), started_at__lte=now)
    newest = shown.order_by("-started_at", "-id").prefetch_related("updates", "locations")[:AT_MOST]
    return [
        IncidentView(
            id=incident.pk,
            title=incident.title,
            impact=incident.impact,
            started_at=incident.started_at,
            resolved_at=incident.resolved_at,
            locations=tuple(location.name for location in incident.locations.all()),
            updates=tuple((update.written_at, update.text) for update in incident.updates.all()),
        )
        for incident in newest
    ]


def post_incident(incident: Incident, *, locations: Iterable[Location], by: User) -> None:
    """Tell of new trouble. Call it in the transaction in which these locations, none: everywhere, are linked to it.

    Raises Conflict (`already_told`) for what was told already.
    """
    chosen = {location.pk for location in locations}
    same = Incident.objects.filter(title=incident.title, impact=incident.impact, started_at=incident.started_at)
    # The lock of who tells closes the race of a form that is sent twice.
    lock_person(by.pk)
    for told in same.prefetch_related("locations"):
        if {location.pk for location in told.locations.all()} == chosen:
            raise Conflict(_("This incident was told already."), code="already_told")
    incident.save(force_insert=True)


def post_update(*, incident_id: int, text: str) -> IncidentUpdate:
    """Add a message to an incident, open or resolved; messages are never edited.

    Raises InvalidInput without a text, or Conflict (`just_said`) for the same text within a minute.
    """
    text = text.strip()
    if not text:
        raise InvalidInput(fields={"text": [_("Write what people should know.")]})
    # The incident's lock closes the race of a form that is sent twice. Not durable: it is one with other changes of the incident.
    with transaction.atomic():
        lock_incident(incident_id)
        since = timezone.now() - SENT_TWICE
        if IncidentUpdate.objects.filter(incident_id=incident_id, text=text, written_at__gt=since).exists():
            raise Conflict(_("This was said about the incident a moment ago."), code="just_said")
        return IncidentUpdate.objects.create(incident_id=incident_id, text=text)


def resolve_incident(*, incident_id: int) -> Incident:
    """Say that the trouble is over. Raises Conflict (`already_resolved`, `not_begun`)."""
    # The incident's lock closes the race of two members of staff. Not durable: its history is written in the same transaction.
    with transaction.atomic():
        incident = lock_incident(incident_id)
        now = timezone.now()
        if incident.resolved_at is not None:
            raise Conflict(_("This incident is resolved already."), code="already_resolved")
        if incident.started_at > now:
            raise Conflict(_("This incident has not begun yet. Delete it, or change its start."), code="not_begun")
        incident.resolved_at = now
        incident.save(update_fields=["resolved_at"])
    return incident
