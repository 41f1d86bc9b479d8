"""Two tickets of one customer become one: the messages of the source go to the target, each at its time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.errors import NotFound
from support.errors import CannotMerge, TicketMerged
from support.locks import lock_customer_of, lock_for_staff
from support.models import Ticket, TicketMessage
from support.services.moving import refuse_closed, was_merged


def lock_pair(staff: User, source_id: UUID, target_id: UUID) -> tuple[Ticket, Ticket]:
    """Both tickets, locked, if they can be merged. Raises NotFound, NotAllowed, CannotMerge, TicketMerged or TicketClosed."""
    if source_id == target_id:
        raise CannotMerge(_("A ticket cannot be merged into itself."))
    lock_customer_of(source_id)
    # Looked at before they are locked: who writes to a merged ticket holds it and waits for the one that it leads to.
    found = Ticket.objects.visible_to(staff).filter(pk__in=(source_id, target_id))
    pair = list(found.values_list("user_id", "merged_into_id"))
    if len(pair) < 2:
        raise NotFound
    if pair[0][0] != pair[1][0]:
        raise CannotMerge
    if any(merged_into for _, merged_into in pair):
        raise TicketMerged
    source, target = lock_for_staff(staff, source_id), lock_for_staff(staff, target_id)
    refuse_closed(target)
    return source, target


def join(source: Ticket, target: Ticket, *, at: datetime) -> int:
    """Move the messages, with what belongs to them, and close the source; returns how many moved."""
    moved = TicketMessage.objects.filter(ticket=source).update(ticket=target)
    target.tags.add(*source.tags.all())
    was_merged(source, target, at=at)
    return moved
