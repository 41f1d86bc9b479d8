"""Suspending an account and taking it back; by staff only."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from accounts.services.sessions import end_all_sessions
from accounts.signals import account_activity_changed
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, NotAllowed


def check_may_suspend(user: User, by: User) -> None:
    """Nobody suspends themselves, and only a superuser suspends staff. Raises NotAllowed."""
    if user.pk == by.pk:
        raise NotAllowed("You cannot suspend your own account.")
    if user.is_staff and not by.is_superuser:
        raise NotAllowed("Only a superuser may suspend or reinstate a member of staff.")


def suspend_account(*, user: User, by: User) -> None:
    """From now on the person can neither sign in, nor use what they are signed in to, nor their tunnels.

    Raises NotAllowed, or Conflict (`already_suspended`).
    """
    check_may_suspend(user, by)
    # Claimed by the conditional update. A sign-in that slips in between is refused at its first use: the account's
    # state is read with every token.
    with transaction.atomic(durable=True):
        if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            raise Conflict("This account is suspended already.", code="already_suspended")
        end_all_sessions(user=user)
        record_act("account_suspended", actor=by, person=user.pk, target=user)
        account_activity_changed.send(sender=User, user=user, active=False)
    user.is_active = False


def unsuspend_account(*, user: User, by: User) -> None:
    """The person may sign in again, and their devices work as before, with the same addresses.

    Raises NotAllowed, or Conflict (`not_suspended`).
    """
    check_may_suspend(user, by)
    # Claimed by the conditional update, as above.
    with transaction.atomic(durable=True):
        if not User.objects.filter(pk=user.pk, is_active=False, deletion_due_at=None, erased_at=None).update(
            is_active=True
        ):
            raise Conflict("This account is not suspended.", code="not_suspended")
        record_act("account_reinstated", actor=by, person=user.pk, target=user)
        account_activity_changed.send(sender=User, user=user, active=True)
    user.is_active = True
