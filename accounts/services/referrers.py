"""Whose a referral code is."""

from __future__ import annotations

from accounts.errors import UnknownReferralCode
from accounts.models import User


def find_referrer(code: str) -> User | None:
    """The owner of a referral code; case and blanks do not matter. Nobody's: an empty one, and that of whoever is suspended or leaving."""
    wanted = code.strip().upper()
    return User.objects.filter(referral_code=wanted, is_active=True).first() if wanted else None


def check_referral_code(code: str) -> User | None:
    """The same, or UnknownReferralCode for a code that is not empty and nobody's."""
    referrer = find_referrer(code)
    if referrer is None and code.strip():
        raise UnknownReferralCode(fields={"referral_code": [UnknownReferralCode.message]})
    return referrer
