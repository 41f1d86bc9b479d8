"""Another e-mail address, confirmed by both mailboxes: whoever has the password alone cannot take the account away."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.emails import queue_address_changed, queue_address_question
from accounts.errors import EmailTaken, InvalidLink
from accounts.locks import lock_person
from accounts.models import EmailToken, User
from accounts.services.email_tokens import CHANGES, Purpose, claim_token, find_token, issue_token, mailbox_had_enough
from accounts.services.notifications import Kind, notify
from accounts.signals import Changed, account_changed
from nexusvpn.audit import record_act
from nexusvpn.errors import InvalidInput
from nexusvpn.languages import lazy as _


class AddressTaken(EmailTaken):
    """Told to whoever reads the new mailbox, so it tells a stranger nothing; whose it is, it does not say."""

    message = _("This address cannot be used for your account. The change is cancelled.")


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A change that waits: for the present mailbox, the new one, or both."""

    email: str
    waits_for_old: bool
    waits_for_new: bool


def pending_change(user: User) -> PendingChange | None:
    rows = _tokens(user).filter(expires_at__gt=timezone.now()).values_list("purpose", "email", "used_at")
    open_ones = {purpose: email for purpose, email, used_at in rows if used_at is None}
    if not open_ones:
        return None
    email = next(iter(open_ones.values()))
    return PendingChange(email, Purpose.CHANGE_OLD in open_ones, Purpose.CHANGE_NEW in open_ones)


def ask_for_change(*, user: User, email: str) -> PendingChange:
    """Mail a link to both mailboxes, or only to the new one while the present one was never confirmed. Replaces a former wish.

    A mailbox that got several such mails within the hour gets no more, without a word. Ask first whether it is the person
    (`reauthentication.check_person`). Whether the new address has an account is not looked at here: the answer would say it.
    Raises InvalidInput for the address that the account has.
    """
    new = User.objects.normalize_email(email.strip())
    if new.lower() == user.email.lower():
        raise InvalidInput(fields={"email": [gettext("This is the address that your account has.")]})
    # The lock closes the race of two wishes: the links of one of them hold.
    with transaction.atomic(durable=True):
        person = lock_person(user.pk)
        if person is None or not person.is_active:
            raise InvalidLink
        _tokens(person).delete()
        if person.is_verified:
            _ask_mailbox(person, Purpose.CHANGE_OLD, to=person.email, new=new)
        _ask_mailbox(person, Purpose.CHANGE_NEW, to=new, new=new)
        record_act("email_change_asked", actor=person, person=person.pk)
    return PendingChange(new, person.is_verified, True)


def _ask_mailbox(person: User, end: EmailToken.Purpose, *, to: str, new: str) -> None:
    token, kind = issue_token(person, end, new), f"email_{end}"
    if not mailbox_had_enough(to, kind):
        queue_address_question(person, to=to, new=new, token=token, kind=kind)


def find_change(token: str) -> EmailToken:
    """Look without using it. Raises InvalidLink, also for somebody suspended."""
    found = find_token(token, *CHANGES)
    if not found.user.is_active:
        raise InvalidLink
    return found


def confirm_change(*, token: str) -> bool:
    """One of the two confirms; returns whether the address is changed now. The second one's confirmation changes it.

    Raises InvalidLink, or AddressTaken if somebody has an account with the new address by now; then the change is over.
    """
    found = find_change(token)
    try:
        # The lock closes the race of both confirmations at once, of which each would see the other missing.
        with transaction.atomic(durable=True):
            user = lock_person(found.user_id)
            if user is None or not user.is_active:
                raise InvalidLink
            claim_token(found)
            _check_old_is_asked(user, found.email)
            if _tokens(user).filter(used_at=None).exists():
                record_act("email_change_confirmed", actor=user, person=user.pk, details={"end": found.purpose})
                return False
            _change(user, found.email)
    except IntegrityError as error:
        if "user_email_unique" not in str(error):
            raise
        _tokens(found.user).delete()
        raise AddressTaken from None
    return True


def _check_old_is_asked(user: User, email: str) -> None:
    """An address that was proved since the change was asked for was not asked, and is not given up. Raises InvalidLink."""
    if user.is_verified and not _tokens(user).filter(purpose=Purpose.CHANGE_OLD, email=email).exists():
        raise InvalidLink


def _change(user: User, email: str) -> None:
    old = user.email
    user.email = email
    user.email_verified_at = timezone.now()
    user.save(update_fields=["email", "email_verified_at"])
    # What was mailed to the former address opens nothing any more.
    EmailToken.objects.filter(user=user).delete()
    record_act("email_changed", actor=user, person=user.pk)
    account_changed.send(sender=User, user=user, what=Changed.ADDRESS)
    queue_address_changed(user, to=old, old=old)
    queue_address_changed(user, to=email, old=old)
    title, text = _("Your e-mail address was changed"), _("You sign in with the new one from now on.")
    notify(user, Kind.SECURITY, title, text)


def cancel_change(*, user: User) -> None:
    """The links are over; cancelling what is not there changes nothing."""
    with transaction.atomic(durable=True):
        deleted, _ = _tokens(user).delete()
        if deleted:
            record_act("email_change_cancelled", actor=user, person=user.pk)


def _tokens(user: User) -> QuerySet[EmailToken]:
    return EmailToken.objects.filter(user=user, purpose__in=CHANGES)
