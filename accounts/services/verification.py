"""Whether somebody reads the mailbox that they gave."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.deferred import answer_verification_request
from accounts.emails import queue_verification, queue_welcome
from accounts.errors import EmailUnverified, InvalidLink
from accounts.locks import lock_person
from accounts.models import ApiKey, EmailToken, User
from accounts.services.email_tokens import CHANGES, Purpose, claim_token, find_token, had_enough_mails, issue_token
from accounts.services.second_factor import tell
from accounts.services.sessions import end_all_sessions
from nexusvpn.audit import record_act


def needs_verification(user: User) -> bool:
    """Whether this person still has to follow a link before everything is open to them."""
    return bool(settings.EMAIL_VERIFICATION) and not user.is_verified


def address_is_known(user: User) -> bool:
    """Whether their address counts as theirs, for words that nobody else may read; of an operator who asks nobody, everybody's does."""
    return not needs_verification(user)


def check_verified(user: User) -> None:
    """Raises EmailUnverified. What asks for it: buying, and every device beyond the first."""
    if needs_verification(user):
        raise EmailUnverified


def account_or_nobody(email: str) -> UUID:
    """The id of the account with this address; where there is none an id that is nobody's, so that what follows is the same work.

    It is always the same one for an address: a second request finds the first one's job waiting, as it does for an account.
    """
    nobody = UUID(bytes=salted_hmac("accounts.nobody", email.strip().lower(), algorithm="sha256").digest()[:16])
    known = User.objects.with_email(email).values_list("pk", flat=True).first()
    return known or nobody


def ask_for_verification(*, email: str) -> None:
    """Have a new link sent, if there is something to verify: the same work and no word of it either way."""
    # One job in one transaction, whoever it is about.
    with transaction.atomic(durable=True):
        answer_verification_request(account_or_nobody(email))


def send_verification(user_id: UUID) -> None:
    """Mail a link to a person who has yet to verify, unless they got several within the hour."""
    # The lock makes the count of mails exact.
    with transaction.atomic(durable=True):
        user = lock_person(user_id)
        if user is not None and user.is_active and needs_verification(user):
            mail_verification(user)


def mail_verification(user: User) -> None:
    """Call it with the person's row locked."""
    if not had_enough_mails(user, "verify_email"):
        queue_verification(user, issue_token(user, Purpose.VERIFY, user.email))


def check_verification_link(token: str) -> None:
    """Look without using it: mail scanners follow links. Raises InvalidLink."""
    found = find_token(token, Purpose.VERIFY)
    if found.user.email != found.email:
        raise InvalidLink


def verify_address(*, token: str, keep: UUID | None = None) -> User:
    """The person reads this mailbox: noted once. `keep` is the session that follows the link. Raises InvalidLink."""
    found = find_token(token, Purpose.VERIFY)
    # Two clicks race here: the conditional update lets one through. The lock closes the race with a change of the address.
    with transaction.atomic(durable=True):
        user = lock_person(found.user_id)
        if user is None or user.email != found.email:
            raise InvalidLink
        claim_token(found)
        if note_verified(user, keep=keep):
            queue_welcome(user)
    return user


def note_verified(user: User, *, keep: UUID | None = None) -> bool:
    """Whether that is news. Call it with the person's row locked.

    Who made the account need not be who reads the mailbox: what they left ends, but for the session `keep` if it is the account's.
    """
    if user.is_verified:
        return False
    user.email_verified_at = timezone.now()
    user.save(update_fields=["email_verified_at"])
    sessions = end_all_sessions(user=user, but=keep)
    keys = ApiKey.objects.filter(user=user).delete()[0]
    EmailToken.objects.filter(user=user, purpose__in=CHANGES).delete()
    details = {"sessions_ended": sessions, "api_keys_ended": keys}
    record_act("email_verified", actor=user, person=user.pk, details=details)
    if keys:
        text = _("They were made before your e-mail address was confirmed. Make new ones.")
        tell(user, _("Your API keys have ended"), text)
    return True
