"""Writing to the audit log, and forgetting what has had its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Model
from django.utils import timezone

from accounts.acting import ACTING_ENDED, who_did
from accounts.models import AuditEvent, User
from nexusvpn.context import current_client_address, current_request_id

BATCH = 5_000


def write(
    action: str,
    *,
    actor: object | None,
    person: UUID | None,
    target: object | None,
    address: str | None,
    details: dict[str, Any],
) -> None:
    """What `nexusvpn.audit.record_act` calls. The address is that of the request being answered unless another is given."""
    row, actor = target if isinstance(target, Model) else None, who_did(actor)
    AuditEvent.objects.create(
        action=action,
        actor_kind=_kind_of(action, actor, person),
        actor_id=actor.pk if isinstance(actor, User) else None,
        person_id=person,
        target_type=row._meta.label_lower if row is not None else "",
        target_id=str(row.pk) if row is not None else "",
        ip_address=address or current_client_address(),
        request_id=current_request_id(),
        details=details,
    )


def _kind_of(action: str, actor: object | None, person: UUID | None) -> AuditEvent.ActorKind:
    if not isinstance(actor, User):
        return AuditEvent.ActorKind.SYSTEM
    # Staff who change their own password act as the person that they are; who acts as a customer is staff, also where the end of it
    # comes with the end of their rights.
    is_staff = actor.is_staff or action == ACTING_ENDED
    return AuditEvent.ActorKind.STAFF if is_staff and actor.pk != person else AuditEvent.ActorKind.PERSON


def forget_old_acts() -> int:
    """Delete what is older than AUDIT_KEPT_DAYS, which the database allows from 180 days on; returns how many."""
    oldest = timezone.now() - timedelta(days=settings.AUDIT_KEPT_DAYS)
    forgotten = 0
    while True:
        ids = AuditEvent.objects.filter(at__lt=oldest).order_by("at").values("pk")[:BATCH]
        deleted, _ = AuditEvent.objects.filter(pk__in=ids).delete()
        forgotten += deleted
        if deleted < BATCH:
            return forgotten
