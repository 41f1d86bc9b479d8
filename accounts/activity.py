"""The audit log as the person reads it whom it is about: what was done, by whom, and from where if that was themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.acts import in_words
from accounts.models import AuditEvent, User
from nexusvpn.api.pagination import Page, PageRequest, fetch_page

COLUMNS = ("at", "action", "actor_kind", "actor_id", "ip_address", "details", "person_id")


def _row(
    at: datetime,
    action: str,
    actor_kind: str,
    actor_id: UUID | None,
    ip_address: str | None,
    details: dict[str, Any],
    person_id: UUID,
) -> dict[str, Any]:
    """An address is told if it was the person's own: where our staff sit is not theirs to know."""
    by = "you" if actor_id == person_id else "service" if actor_kind == AuditEvent.ActorKind.SYSTEM else actor_kind
    own = by == "you"
    return {
        "at": at,
        "action": action,
        "text": in_words(action),
        "by": by,
        "ip_address": ip_address if own else None,
        "details": details,
    }


def activity_page(user: User, wanted: PageRequest) -> Page:
    """What happened to the person's account, newest first."""
    return fetch_page(AuditEvent.objects.filter(person_id=user.pk), wanted, COLUMNS, _row)


def acts_of(user: User) -> list[dict[str, Any]]:
    """All of it, for the export."""
    acts = AuditEvent.objects.filter(person_id=user.pk).values_list(*COLUMNS)
    return [_row(*values) for values in acts.iterator(chunk_size=2_000)]
