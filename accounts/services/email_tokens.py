"""Secrets that are mailed: whoever brings one reads that mailbox."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.errors import InvalidLink
from accounts.models import EmailToken, Mail, User
from accounts.services.sessions import hash_key

Purpose = EmailToken.Purpose
LIFETIME = {
    Purpose.VERIFY: timedelta(hours=24),
    Purpose.RESET: timedelta(hours=1),
    Purpose.CHANGE_OLD: timedelta(hours=24),
    Purpose.CHANGE_NEW: timedelta(hours=24),
}
CHANGES = (Purpose.CHANGE_OLD, Purpose.CHANGE_NEW)
# What a stranger can have us send to one person, of each kind.
MAILS_AN_HOUR = 3


def issue_token(user: User, purpose: EmailToken.Purpose, email: str) -> str:
    """A new secret, to be mailed and nothing else; the former one of this purpose is over. Call it in a transaction."""
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    values = {
        "token_hash": hash_key(token),
        "email": email,
        "created_at": now,
        "expires_at": now + LIFETIME[purpose],
        "used_at": None,
    }
    EmailToken.objects.update_or_create(user=user, purpose=purpose, defaults=values)
    return token


def find_token(token: str, *purposes: EmailToken.Purpose) -> EmailToken:
    """The token, with its person, if it can be used now. Raises InvalidLink."""
    found = (
        EmailToken.objects.select_related("user")
        .filter(token_hash=hash_key(token), purpose__in=purposes, used_at=None, expires_at__gt=timezone.now())
        .first()
    )
    if found is None:
        raise InvalidLink
    return found


def claim_token(found: EmailToken) -> None:
    """Use it up; of two who bring it at once, one gets through. Raises InvalidLink."""
    unused = EmailToken.objects.filter(pk=found.pk, token_hash=found.token_hash, used_at=None)
    if not unused.update(used_at=timezone.now()):
        raise InvalidLink


def had_enough_mails(user: User, kind: str) -> bool:
    """Whether the person got as many mails of this kind in the last hour as strangers may ask for.

    Binding only while the person's row is locked.
    """
    return _count_of_hour(Mail.objects.filter(user=user, kind=kind)) >= MAILS_AN_HOUR


def mailbox_had_enough(address: str, kind: str) -> bool:
    """The same of a mailbox that need not be the person's, whoever had us write there.

    Exact for one person whose row is locked; several of them at once may each have one mail more sent.
    """
    return _count_of_hour(Mail.objects.filter(to__iexact=address, kind=kind)) >= MAILS_AN_HOUR


def _count_of_hour(mails: QuerySet[Mail]) -> int:
    return mails.filter(created_at__gt=timezone.now() - timedelta(hours=1)).count()
