"""A message that is sent again because its answer was lost is written once."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from support.errors import IdempotencyKeyReused
from support.models import IdempotencyKey, TicketMessage

# Clients repeat within seconds or, after a night offline, hours.
REMEMBERED = timedelta(days=1)


def claim_key(*, user: User, key: str, asked: tuple[str, ...], message_id: UUID) -> TicketMessage | None:
    """Claim the key for the message about to be written; call first in the transaction that writes it.

    None means that it is to be written; a message, that an earlier request with this key wrote that one. `asked` is what tells a
    repeat from something else. Without a key nothing is claimed. Raises IdempotencyKeyReused.
    """
    if not key:
        return None
    fingerprint = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    try:
        # The unique index closes the race of two repeats: the second waits here until the first has committed.
        with transaction.atomic():
            IdempotencyKey.objects.create(user=user, key=key, fingerprint=fingerprint, message_id=message_id)
    except IntegrityError as error:
        if "idempotency_key_unique" not in str(error):
            raise
    else:
        return None
    earlier = IdempotencyKey.objects.select_related("message__ticket").get(user=user, key=key)
    if earlier.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    return earlier.message


def key_of_note(key: str) -> str:
    """Of a note by the same form as an answer, which has the form's own key: first the one and then the other is no repeat."""
    return hashlib.sha256(f"note {key}".encode()).hexdigest() if key else ""


def forget_old_keys() -> int:
    """Delete the keys that no client will repeat any more; returns how many."""
    deleted, _ = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - REMEMBERED).delete()
    return deleted
