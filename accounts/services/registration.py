"""Making an account: the person, their referral and the welcome mail, all or nothing."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.emails import queue_welcome
from accounts.errors import EmailTaken, UnknownReferralCode
from accounts.models import User
from accounts.signals import account_registered
from nexusvpn.errors import InvalidInput
from nexusvpn.texts import one_line


def register_account(*, email: str, password: str, full_name: str = "", referral_code: str = "") -> User:
    """Make an account and everything that belongs to it in one durable transaction.

    Raises InvalidInput (a weak password, a name of several lines), UnknownReferralCode or EmailTaken; then nothing was written.
    """
    email = User.objects.normalize_email(email.strip())
    user = User(email=email, full_name=one_line(full_name, "full_name"))
    _check_password(password, user)
    # Hashing takes tens of milliseconds and belongs before the transaction, not into it.
    user.password = make_password(password)
    try:
        # Two sign-ups with one address race here: the unique index on lower(email) lets one through.
        with transaction.atomic(durable=True):
            user.referred_by = _referrer(referral_code)
            user.save(force_insert=True)
            account_registered.send(sender=User, user=user, referrer=user.referred_by)
            queue_welcome(user)
    except IntegrityError as error:
        if "user_email_unique" in str(error):
            raise EmailTaken(fields={"email": [EmailTaken.message]}) from None
        raise
    return user


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(fields={"password": list(error.messages)}) from None


def _referrer(code: str) -> User | None:
    """The owner of a referral code; case and blanks do not matter. An empty code is nobody's."""
    wanted = code.strip().upper()
    if not wanted:
        return None
    # Not locked: if the referrer is deleted before our row names them, the foreign key refuses and everything is undone.
    referrer = User.objects.filter(referral_code=wanted, is_active=True).first()
    if referrer is None:
        raise UnknownReferralCode(fields={"referral_code": [UnknownReferralCode.message]})
    return referrer
