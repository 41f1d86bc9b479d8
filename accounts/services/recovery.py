"""A forgotten password: a link to the mailbox, and a new one. It signs nobody in; of a proved account a second factor stays as it is."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.deferred import answer_forgotten_password
from accounts.emails import queue_reset
from accounts.errors import InvalidLink
from accounts.locks import lock_person
from accounts.models import User
from accounts.services.email_tokens import Purpose, claim_token, find_token, had_enough_mails, issue_token
from accounts.services.factor_removal import remove_unproved_factors
from accounts.services.passwords import check_new_password, store_password
from accounts.services.verification import account_or_nobody, note_verified
from nexusvpn.audit import record_act


def ask_for_reset(*, email: str) -> None:
    """Have a link sent, if there is such an account: the same work and no word of it either way."""
    # One job in one transaction, whoever it is about.
    with transaction.atomic(durable=True):
        answer_forgotten_password(account_or_nobody(email))


def send_reset(user_id: UUID) -> None:
    """Mail the link, unless the person got several within the hour. Somebody suspended may set a password; it opens nothing."""
    # The lock makes the count of mails exact.
    with transaction.atomic(durable=True):
        user = lock_person(user_id)
        if user is None or user.erased_at is not None or had_enough_mails(user, "password_reset"):
            return
        queue_reset(user, issue_token(user, Purpose.RESET, user.email))
        record_act("password_reset_asked", person=user.pk)


def check_reset_link(token: str) -> User:
    """Whose password the link sets; looking does not use it. Raises InvalidLink."""
    found = find_token(token, Purpose.RESET)
    if found.user.email != found.email:
        raise InvalidLink
    return found.user


def reset_password(*, token: str, password: str) -> None:
    """Set it; every session ends, and the address is verified: the person reads that mailbox.

    If that is news, API keys and second factors end too: whoever made the account may have left them there.
    Raises InvalidLink, or InvalidInput for a bad password, after which the link still works.
    """
    found = find_token(token, Purpose.RESET)
    check_new_password(password, found.user)
    hashed = make_password(password)
    # Two who bring the link at once race here: the conditional update lets one through. The lock closes the race with a sign-in
    # by the old password, which would otherwise stay signed in.
    with transaction.atomic(durable=True):
        user = lock_person(found.user_id)
        if user is None or user.email != found.email:
            raise InvalidLink
        claim_token(found)
        store_password(user, hashed)
        if note_verified(user):
            remove_unproved_factors(user)
        record_act("password_reset", actor=user, person=user.pk)
