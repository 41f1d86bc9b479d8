"""What was not as Stripe has it: written down once until it is over."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import User
from billing.inserts import insert_once
from billing.models import Discrepancy

# Where in the details stands why staff closed it: words of theirs, which may be about the person.
CLOSED = "closed"


def report(
    kind: Discrepancy.Kind,
    object_id: str,
    *,
    user: User | None = None,
    details: dict[str, Any] | None = None,
    healed: bool = False,
) -> bool:
    """For staff to see; `healed` if it has been put right already. Returns whether it was not written down yet.

    Call it in the transaction in which it is found. `details` are plain values, no names or addresses.
    """
    now = timezone.now()
    found = Discrepancy(kind=kind, object_id=object_id, user=user, details=details or {}, found_at=now)
    found.healed_at = now if healed else None
    return insert_once(found)


def heal(kind: Discrepancy.Kind, object_id: str) -> None:
    """It is over, if it was there."""
    Discrepancy.objects.filter(kind=kind, object_id=object_id, healed_at=None).update(healed_at=timezone.now())
