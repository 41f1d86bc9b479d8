"""One tag more for a ticket, beside those that it has."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from nexusvpn.audit import record_act
from support.locks import lock_for_staff
from support.models import Tag, Ticket
from support.validators import clean_tags


def add_tag(*, ticket_id: UUID, staff: User, name: str) -> Ticket:
    """A new one is made. Raises InvalidInput, NotFound or NotAllowed."""
    tags = clean_tags([name])
    # The ticket's lock closes the race with a colleague who sets other tags: none of theirs is lost.
    with transaction.atomic(durable=True):
        ticket = lock_for_staff(staff, ticket_id)
        had = set(ticket.tags.values_list("name", flat=True))
        if not had.issuperset(tags):
            Tag.objects.bulk_create([Tag(name=tag) for tag in tags], ignore_conflicts=True)
            ticket.tags.add(*Tag.objects.filter(name__in=tags))
            # What they say may name somebody; the log must not.
            record_act("ticket_tagged", actor=staff, target=ticket, details={"count": len(had.union(tags))})
    return ticket
