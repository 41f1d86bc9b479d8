"""Suspending an account and taking it back; by staff only."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.locks import lock_person
from accounts.models import User
from accounts.roles import may_manage
from accounts.services.sessions import end_all_sessions
from accounts.signals import Changed, account_changed
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, NotAllowed


def check_may_suspend(user: User, by: User) -> None:
    """Nobody suspends themselves, and only who decides about a member of staff suspends them. Raises NotAllowed."""
    if user.pk == by.pk:
        raise NotAllowed(_("You cannot suspend your own account."))
    if user.belongs_to_staff and not may_manage(by, user):
        raise NotAllowed(_("Only an owner or a superuser may suspend or reinstate a member of staff."))


def suspend_account(*, user: User, by: User) -> None:
    """From now on the person can neither sign in, nor use what they are signed in to, nor their tunnels.

    Who is leaving can be suspended too, and then not come back.

    Raises NotAllowed, or Conflict (`already_suspended`).
    """
    check_may_suspend(user, by)
    # The lock closes the race with another suspension, and with somebody who leaves or comes back meanwhile.
    with transaction.atomic(durable=True):
        now = lock_person(user.pk)
        if now is None or now.is_suspended or now.erased_at is not None:
            raise Conflict(_("This account is suspended already."), code="already_suspended")
        user.suspended_at = timezone.now()
        User.objects.filter(pk=user.pk).update(is_active=False, suspended_at=user.suspended_at)
        end_all_sessions(user=user)
        record_act("account_suspended", actor=by, person=user.pk, target=user)
        if now.is_active:
            account_changed.send(sender=User, user=user, what=Changed.ACTIVITY)
    user.is_active = False


def unsuspend_account(*, user: User, by: User) -> None:
    """The person may sign in again, and their devices work as before, with the same addresses; who is leaving may come back.

    Raises NotAllowed, or Conflict (`not_suspended`).
    """
    check_may_suspend(user, by)
    # Locked as above.
    with transaction.atomic(durable=True):
        now = lock_person(user.pk)
        if now is None or not now.is_suspended:
            raise Conflict(_("This account is not suspended."), code="not_suspended")
        user.is_active, user.suspended_at = now.deletion_due_at is None, None
        User.objects.filter(pk=user.pk).update(is_active=user.is_active, suspended_at=None)
        # A browser's sign-in that was under way at the suspension may have left a session, which would come alive now.
        end_all_sessions(user=user)
        record_act("account_reinstated", actor=by, person=user.pk, target=user)
        if user.is_active:
            account_changed.send(sender=User, user=user, what=Changed.ACTIVITY)
