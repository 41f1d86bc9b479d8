"""Making an account: the person, their referral, their campaign and what is to be mailed, all or nothing.

With e-mail verification on, the answer is the same for an address that has an account, and so is the work: a row is written for a
stand-in and taken back. What differs, the mail, is a job's.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils.translation import get_language

from accounts.deferred import answer_sign_up
from accounts.emails import queue_account_exists, queue_welcome
from accounts.errors import EmailTaken
from accounts.locks import lock_person
from accounts.models import SignupOrigin, User
from accounts.services.abuse import flag_sign_up
from accounts.services.email_tokens import had_enough_mails
from accounts.services.invitations import use_invitation
from accounts.services.passwords import check_new_password
from accounts.services.referrers import check_referral_code
from accounts.services.registration_policy import admit_sign_up, check_sign_up
from accounts.services.verification import account_or_nobody, mail_verification, needs_verification
from accounts.signals import account_registered
from nexusvpn.audit import record_act
from nexusvpn.languages import known_language
from nexusvpn.texts import one_line


class _Taken(Exception):
    """Undoes what was written for the stand-in."""


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody asks for; code and campaign may be empty. `network` is where they come from (`accounts.services.abuse`)."""

    user: User
    email: str
    referral_code: str
    campaign: str
    network: str


def register_account(
    *,
    email: str,
    password: str,
    full_name: str = "",
    referral_code: str = "",
    invitation_code: str = "",
    campaign: str = "",
    network: str = "",
) -> User:
    """Make an account and everything that belongs to it in one durable transaction. Asking again does no harm.

    With verification on, what comes back says nothing about whether there was an account: only its address and name are to be
    used. With it off it is the new account, or EmailTaken is raised.
    Raises besides InvalidInput (a weak password, a name of several lines), UnknownReferralCode, or what
    `accounts.services.registration_policy` refuses; then nothing was written. A campaign that is not counted is no error.
    """
    check_sign_up(invitation_code)
    check_referral_code(referral_code)
    email = User.objects.normalize_email(email.strip())
    language = known_language(get_language() or "")
    user = User(email=email, full_name=one_line(full_name, "full_name"), language=language)
    check_new_password(password, user)
    # Hashing takes tens of milliseconds and belongs before the transaction, not into it.
    user.password = make_password(password)
    wish = SignUp(user, email, referral_code, campaign, network)
    with transaction.atomic(durable=True):
        admit_sign_up(invitation_code)
        owner = _owner(email)
        if owner is not None and not settings.EMAIL_VERIFICATION:
            raise EmailTaken(fields={"email": [EmailTaken.message]})
        owner = _write(wish, owner)
        # Outside of what is undone for an address that has an account.
        use_invitation(invitation_code, email=email, user=user if owner == user.pk else None)
        answer_sign_up(owner)
    user.email = email
    return user


def _owner(email: str) -> UUID | None:
    return User.objects.with_email(email).values_list("pk", flat=True).first()


def _write(wish: SignUp, owner: UUID | None) -> UUID:
    """Write the account, or with an `owner` the same rows for a stand-in that is then undone; returns whose address it is."""
    if owner is not None:
        wish.user.email = f"{wish.user.pk}@taken.invalid"
    try:
        # Two sign-ups with one address race here: the unique index on lower(email) lets one through.
        with transaction.atomic():
            _write_account(wish)
            if owner is not None:
                raise _Taken
    except _Taken:
        assert owner is not None
        return owner
    except IntegrityError as error:
        if "user_email_unique" not in str(error):
            raise
        if not settings.EMAIL_VERIFICATION:
            raise EmailTaken(fields={"email": [EmailTaken.message]}) from None
        return account_or_nobody(wish.email)
    return wish.user.pk


def _write_account(wish: SignUp) -> None:
    user = wish.user
    # Looked at again: who was suspended meanwhile brings nobody. Not locked: if the referrer is deleted before our row names
    # them, the foreign key refuses and everything is undone.
    user.referred_by = check_referral_code(wish.referral_code)
    user.save(force_insert=True)
    SignupOrigin.objects.create(user=user, network=wish.network)
    account_registered.send(sender=User, user=user, referrer=user.referred_by, campaign=wish.campaign)
    record_act("account_registered", actor=user, person=user.pk)
    if not settings.EMAIL_VERIFICATION:
        queue_welcome(user)


def finish_sign_up(user_id: UUID) -> None:
    """What follows a sign-up with this person's address, theirs or a later one: the mail, and a look for abuse."""
    # The lock makes the count of mails exact.
    with transaction.atomic(durable=True):
        user = lock_person(user_id)
        if user is None or user.erased_at is not None:
            return
        flag_sign_up(user)
        if user.is_active and needs_verification(user):
            mail_verification(user)
        elif settings.EMAIL_VERIFICATION and not had_enough_mails(user, "account_exists"):
            queue_account_exists(user)
