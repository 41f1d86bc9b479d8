"""Erasing accounts whose date has come.

What stays is a row without name or address (`erased-<uuid>@erased.invalid`), inactive and nobody's, which the books refer to.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.locks import lock_person
from accounts.models import AuditEvent, Invitation, Mail, User, new_referral_code
from accounts.signals import account_erased
from nexusvpn.audit import record_act
from nexusvpn.batches import delete_some
from nexusvpn.one_by_one import one_by_one
from nexusvpn.staff_history import forget_names

ERASED_DOMAIN = "erased.invalid"
BATCH = 500
ACCOUNTS_AT_ONCE = 1_000


def erased_address(user_id: UUID) -> str:
    return f"erased-{user_id}@{ERASED_DOMAIN}"


def accounts_to_erase() -> QuerySet[User]:
    """Whose date has come, also where an earlier try was interrupted; the longest due first."""
    return User.objects.filter(deletion_due_at__lte=timezone.now()).order_by("deletion_due_at")


def erase_due_accounts() -> int:
    """Erase everybody whose date has come; returns how many. One who cannot be erased keeps nobody else waiting."""
    due = accounts_to_erase().values_list("pk", flat=True)[:ACCOUNTS_AT_ONCE]
    return sum(one_by_one(erase_account, list(due)))


def erase_account(user_id: UUID) -> bool:
    """Erase an account that is due; returns whether it was. May be killed at any point, and repeated.

    First it loses its name and address. Then its rows go by chunks, each in a transaction of its own; the one that finds nothing left
    notes that the account is erased.
    """
    if not _forget_who_it_was(user_id):
        return False
    while _erase_a_chunk(user_id):
        pass
    return True


def _forget_who_it_was(user_id: UUID) -> bool:
    # The lock closes the race of two jobs; that with "take it back" is closed by the date, before which alone it is possible.
    with transaction.atomic(durable=True):
        user = lock_person(user_id)
        if user is None or user.deletion_due_at is None or user.deletion_due_at > timezone.now():
            return False
        address = erased_address(user_id)
        if user.email != address:
            _forget_address(user)
            User.objects.filter(pk=user_id).update(**_NOBODY, **_nobodys(), email=address)
            user.groups.clear()
            user.user_permissions.clear()
        return True


_NOBODY: dict[str, Any] = {
    "full_name": "",
    "language": "",
    "is_staff": False,
    "is_superuser": False,
    "is_active": False,
    "last_login": None,
    "email_verified_at": None,
    "staff_factor_due_at": None,
    "suspended_at": None,
    "referred_by": None,
}


def _nobodys() -> dict[str, str]:
    """A password that nothing matches, and a code that nobody knows."""
    return {"password": make_password(None), "referral_code": new_referral_code()}


def _forget_address(user: User) -> None:
    """Where the address stands that no row of the person's own leads to."""
    Mail.objects.filter(user=None, to__iexact=user.email).delete()
    invitations = Invitation.objects.filter(used_by=user)
    for rows in (invitations, user.mails.all(), user.abuse_flags.all()):
        forget_names(rows.model, rows.values_list("pk", flat=True))
    invitations.update(email="", note="")
    User.objects.filter(referred_by=user).update(referred_by=None)
    forget_names(User, [user.pk])
    acts = AuditEvent.objects.filter(Q(person_id=user.pk) | Q(actor_id=user.pk), ip_address__isnull=False)
    acts.update(ip_address=None)


def _erase_a_chunk(user_id: UUID) -> bool:
    """Whether there is more to do."""
    # The lock closes the race of two jobs: what one erases, the other does not look for.
    with transaction.atomic(durable=True):
        user = lock_person(user_id)
        if user is None or user.erased_at is not None:
            return False
        left = [delete_some(rows, BATCH) for rows in _own_rows(user)]
        answers = account_erased.send(sender=User, user=user, batch=BATCH)
        if any(left) or any(more for _, more in answers):
            return True
        done = {"erased_at": timezone.now(), "deletion_due_at": None, "stripe_customer_id": None}
        User.objects.filter(pk=user_id).update(**done)
        record_act("account_erased", person=user_id, target=user)
        return False


def _own_rows(user: User) -> list[QuerySet[Any]]:
    """Everything of this app that is the person's. The audit log stays, and names nobody."""
    one_each = [(name, getattr(user, name, None)) for name in ("totp_seed", "signup_origin")]
    return [
        *(type(row)._base_manager.filter(pk=row.pk) for _, row in one_each if row is not None),
        user.sessions.all(),
        user.login_history.all(),
        user.known_clients.all(),
        user.passkeys.all(),
        user.recovery_codes.all(),
        user.api_keys.all(),
        user.email_tokens.all(),
        user.mails.all(),
        user.notifications.all(),
        user.mail_choices.all(),
        user.exports.all(),
        user.abuse_flags.all(),
    ]
