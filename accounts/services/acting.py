"""Acting as a customer: staff see the customer's pages in their own browser for a while, and everybody can read that they did.

The customer's own sessions, last sign-in and known browsers have no part in it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.acting import WRITES
from accounts.errors import ActingNotPossible
from accounts.locks import lock_person
from accounts.models import Session, User
from nexusvpn.audit import record_act
from nexusvpn.errors import NotAllowed, NotAuthenticated

ACT_AS = "accounts.act_as_user"
LASTS = timedelta(minutes=30)
Why = Literal["asked", "signed_out", "expired", "not_allowed", "another"]


def may_act(staff: User) -> bool:
    """Whether this member of staff has the right, in a session in which their second factor is in order."""
    return staff.is_active and staff.acts_as_staff and staff.has_perm(ACT_AS)


def can_be_acted_for(customer: User) -> bool:
    """Not staff, whose pages open more than a customer's, and nobody who could not open the pages themselves."""
    return customer.is_active and not customer.is_staff and not customer.is_superuser and customer.erased_at is None


def start_acting(*, staff: User, session_id: UUID, customer: User, reason: str) -> datetime:
    """From now on this session of `staff` shows the customer's pages outside the admin; returns until when.

    The reason is in the audit log, where the customer reads it. Raises NotAllowed, ActingNotPossible, or NotAuthenticated if the
    session is not theirs or over.
    """
    if not may_act(staff):
        raise NotAllowed
    until = timezone.now() + LASTS
    # The locks close the race with a suspension and with a promotion to staff; two starts of one member of staff come one after the
    # other. By id, so that two who lock the same two accounts do not wait for each other.
    with transaction.atomic(durable=True):
        found = {pk: lock_person(pk) for pk in sorted((staff.pk, customer.pk))}
        now = found[customer.pk]
        if now is None or staff.pk == customer.pk or not can_be_acted_for(now):
            raise ActingNotPossible
        _end(session_id=session_id, staff=staff, why="another")
        mine = Session.objects.live().filter(pk=session_id, user=staff, kind=Session.Kind.BROWSER)
        if not mine.update(acting_for=now, acting_until=until):
            raise NotAuthenticated
        details = {"reason": reason, "until": until.isoformat()}
        record_act("acting_started", actor=staff, person=customer.pk, target=customer, details=details)
    return until


def end_acting(*, session_id: UUID, staff: User, why: Why) -> None:
    """The session shows the member of staff their own pages again. Nothing happens if it does already."""
    with transaction.atomic(durable=True):
        _end(session_id=session_id, staff=staff, why=why)


def _end(*, session_id: UUID, staff: User, why: Why) -> None:
    session = Session.objects.filter(pk=session_id, user=staff, acting_for__isnull=False)
    customer_id = session.values_list("acting_for", flat=True).first()
    # Of two requests that end it one writes it down.
    if customer_id is not None and session.filter(acting_for=customer_id).update(acting_for=None, acting_until=None):
        record_act("acting_ended", actor=staff, person=customer_id, details={"why": why})


def record_write(*, staff: User, customer: User, page: str) -> None:
    """Before it is done, so that nothing is done that is not written down."""
    assert page in WRITES
    record_act("acting_wrote", actor=staff, person=customer.pk, target=customer, details={"page": page})


def record_refusal(*, staff: User, customer: User, page: str) -> None:
    record_act("denied", actor=staff, target=customer, details={"page": page, "acting": True})
