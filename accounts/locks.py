"""The row locks of this app: the registration policy before a person, a person before a session.

Of the apps above only a sync's lock of a customer of Stripe comes before a person's row.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.errors import AccountLeaving, AccountSuspended
from accounts.models import RegistrationPolicy, Session, User


def lock_person(user_id: UUID) -> User | None:
    """The account as it is now, locked until commit, or None if it is gone.

    NO KEY: rows that refer to the account can be written meanwhile.
    """
    return User.objects.select_for_update(no_key=True).filter(pk=user_id).first()


def lock_active_person(user_id: UUID) -> User:
    """The same for what only somebody who may sign in makes: made after they were shut out, it would come alive with their return.

    Raises AccountLeaving or AccountSuspended.
    """
    now = lock_person(user_id)
    if now is None or not now.is_active:
        raise AccountLeaving if now is not None and now.is_leaving else AccountSuspended
    return now


def lock_live_session(session_id: UUID) -> Session | None:
    """The session as it is now, locked until commit: what ends it, or what it acts for, comes before or after. None if it is over."""
    return Session.objects.live().select_for_update(no_key=True).filter(pk=session_id).first()


def lock_ending(sessions: QuerySet[Session]) -> list[Session]:
    """Of sessions that are about to end those that act for somebody, or may still begin to, locked in the order of their ids."""
    acts_or_may = Q(acting_for__isnull=False) | Q(expires_at__gt=timezone.now())
    rows = sessions.filter(acts_or_may).defer("data", "key_hash").select_related("user").order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)))


def lock_policy() -> RegistrationPolicy | None:
    """The registration policy, locked until commit: who counts new accounts counts alone."""
    return RegistrationPolicy.objects.select_for_update().first()
