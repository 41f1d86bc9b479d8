"""Leaving: an account is shut out at once, can be taken back for a while, and is erased then (`services/erasure.py`)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import AccountSuspended, InvalidCredentials, StaffCannotLeave
from accounts.locks import lock_person
from accounts.models import ApiKey, EmailToken, LoginHistory, Session, User
from accounts.services.outbox import queue_mail
from accounts.services.second_factor import prove_by_code
from accounts.services.sessions import end_all_sessions
from accounts.services.sign_in import count_attempt, find_account, record, refuse_inactive
from accounts.signals import Changed, account_changed
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict


def leave(*, user: User, by: User | None = None) -> User:
    """Begin the deletion of one's own account: devices off, signed out everywhere, keys ended, erased after the grace.

    Ask first whether it is the person (`reauthentication.check_person`); `by` is the member of staff who does it for them.
    Raises StaffCannotLeave, or Conflict (`already_leaving`).
    """
    if user.belongs_to_staff:
        raise StaffCannotLeave
    due = timezone.now() + timedelta(days=settings.DELETION_GRACE_DAYS)
    # Claimed by the conditional update: of two requests one sends the mail. A sign-in that slips in between is refused at its
    # first use, since the account's state is read with every token.
    with transaction.atomic(durable=True):
        present = User.objects.filter(pk=user.pk, is_active=True, is_staff=False, is_superuser=False)
        if not present.update(is_active=False, deletion_due_at=due):
            raise Conflict(_("This account is being deleted already."), code="already_leaving")
        end_all_sessions(user=user)
        ApiKey.objects.filter(user=user).delete()
        EmailToken.objects.filter(user=user).delete()
        account_changed.send(sender=User, user=user, what=Changed.ACTIVITY)
        record_act("account_leaving", actor=by or user, person=user.pk, target=user, details={"due": due.isoformat()})
        queue_mail("account_leaving", user.email, {"due": due, "by_staff": by is not None}, user=user)
    user.is_active, user.deletion_due_at = False, due
    return user


def restore_account(*, user: User, by: User) -> None:
    """Take a deletion back: the account is as it was, but for sessions and API keys.

    Raises AccountSuspended, or Conflict (`not_leaving`).
    """
    # The lock closes the race with a suspension. From its date on the account belongs to the job that erases it.
    with transaction.atomic(durable=True):
        now = lock_person(user.pk)
        if now is not None and now.is_suspended:
            raise AccountSuspended
        if now is None or not now.is_leaving:
            raise Conflict(_("This account is not being deleted, or is erased already."), code="not_leaving")
        User.objects.filter(pk=user.pk).update(is_active=True, deletion_due_at=None)
        # What a sign-in that was under way at the leaving may have left would come alive now.
        end_all_sessions(user=user)
        account_changed.send(sender=User, user=user, what=Changed.ACTIVITY)
        record_act("account_restored", actor=by, person=user.pk, target=user)
        queue_mail("account_restored", user.email, {"by_staff": by.pk != user.pk}, user=user)
    user.is_active, user.deletion_due_at = True, None


def restore_by_owner(request: HttpRequest, *, email: str, password: str, code: str, kind: Session.Kind) -> None:
    """The same by its owner, who cannot sign in meanwhile: with password and, of who has one, second factor.

    It answers for an account that is not leaving as for a wrong password: it is no way to try passwords unseen. Raises RateLimited,
    InvalidCredentials or InvalidCode, or AccountSuspended after the right password only.
    """
    count_attempt(request, email)
    user, matches = find_account(email, password)
    if user is None or not matches or not user.is_leaving:
        record(request, user, LoginHistory.Outcome.FAILED, kind)
        raise InvalidCredentials
    if user.is_suspended:
        refuse_inactive(request, user, kind)
    if user.has_second_factor():
        prove_by_code(request, user=user, code=code, kind=kind)
    restore_account(user=user, by=user)
