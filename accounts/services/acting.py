"""Acting as a customer: staff see the customer's pages in their own browser for a while, and everybody can read that they did.

The customer's own sessions, last sign-in and known browsers have no part in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.acting import ACTING_ENDED, WRITES
from accounts.errors import ActingEnded, ActingNotPossible
from accounts.locks import lock_live_session, lock_person
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
    return customer.is_active and not customer.belongs_to_staff and customer.erased_at is None


def start_acting(*, staff: User, session_id: UUID, customer: User, reason: str) -> datetime:
    """From now on this session of `staff` shows the customer's pages outside the admin; returns until when.

    The reason is in the audit log, where the customer reads it. Raises NotAllowed, ActingNotPossible, or NotAuthenticated if the
    session is not theirs or over.
    """
    until = timezone.now() + LASTS
    # The locks close the race with a suspension, with a promotion to staff and with the loss of the right; two starts of one member
    # of staff come one after the other.
    with transaction.atomic(durable=True):
        mine, theirs = _both_now(staff, customer)
        if mine is None or not may_act(mine):
            raise NotAllowed
        if theirs is None or staff.pk == customer.pk or not can_be_acted_for(theirs):
            raise ActingNotPossible
        _end(session_id=session_id, staff=staff, why="another")
        session = Session.objects.live().filter(pk=session_id, user=staff, kind=Session.Kind.BROWSER)
        if not session.update(acting_for=theirs, acting_until=until):
            raise NotAuthenticated
        details = {"reason": reason, "until": until.isoformat()}
        record_act("acting_started", actor=staff, person=customer.pk, target=customer, details=details)
    return until


def end_acting(*, session_id: UUID, staff: User, why: Why, only: tuple[UUID, datetime] | None = None) -> None:
    """The session shows the member of staff their own pages again. Nothing happens if it does already.

    With `only` (customer, until), one that began since then goes on.
    """
    with transaction.atomic(durable=True):
        _end(session_id=session_id, staff=staff, why=why, only=only)


def _end(*, session_id: UUID, staff: User, why: Why, only: tuple[UUID, datetime] | None = None) -> None:
    session = Session.objects.filter(pk=session_id, user=staff, acting_for__isnull=False)
    if only is not None:
        session = session.filter(acting_for=only[0], acting_until=only[1])
    acted = session.values_list("acting_for", "acting_until").first()
    # Of two requests that end it one writes it down.
    if acted is not None and session.filter(acting_for=acted[0], acting_until=acted[1]).update(
        acting_for=None, acting_until=None
    ):
        record_act(ACTING_ENDED, actor=staff, person=acted[0], details={"why": why})


def record_ends(sessions: Iterable[Session]) -> None:
    """Of sessions that end in this transaction, locked: what those act for that act for somebody ends with them."""
    now = timezone.now()
    for session in sessions:
        if session.acting_for_id is not None and session.acting_until is not None:
            over: Why = "expired" if min(session.acting_until, session.expires_at) <= now else "signed_out"
            record_act(ACTING_ENDED, actor=session.user, person=session.acting_for_id, details={"why": over})


def admit_write(*, session_id: UUID, staff: User, customer: User, page: str) -> None:
    """Write down what is about to be done in the customer's name, so that nothing is done that is not written down.

    Raises ActingEnded, and then it must not be done.
    """
    assert page in WRITES
    # The locks close the race with whatever ends the acting after the request was let in: a button in another window, the session's
    # end, a suspension, the loss of the right. Each is written down before this, which then refuses, or after it.
    with transaction.atomic(durable=True):
        mine, theirs = _both_now(staff, customer)
        session = lock_live_session(session_id)
        if mine is None or theirs is None or session is None or not _acts(session, mine, theirs):
            raise ActingEnded
        details = {"page": page}
        record_act("acting_wrote", actor=staff, person=customer.pk, target=customer, details=details)


def _acts(session: Session, staff: User, customer: User) -> bool:
    if session.user_id != staff.pk or session.acting_for_id != customer.pk:
        return False
    is_over = session.acting_until is None or session.acting_until <= timezone.now()
    return not is_over and may_act(staff) and can_be_acted_for(customer)


def _both_now(staff: User, customer: User) -> tuple[User | None, User | None]:
    """Both accounts as they are now, locked until commit. By id, so that two who lock the same two do not wait for each other."""
    found = {pk: lock_person(pk) for pk in sorted((staff.pk, customer.pk))}
    mine = found[staff.pk]
    if mine is not None:
        # It is the request's session that knows of the factor.
        mine.lacks_factor = staff.lacks_factor
    return mine, found[customer.pk]


def record_refusal(*, staff: User, customer: User, page: str) -> None:
    record_act("denied", actor=staff, target=customer, details={"page": page, "acting": True})
