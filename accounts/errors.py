from __future__ import annotations

from nexusvpn.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated


class EmailTaken(Conflict):
    code = "email_taken"
    message = "An account with this e-mail address exists already. Sign in instead."


class UnknownReferralCode(InvalidInput):
    code = "unknown_referral_code"
    message = "This referral code does not exist."


class InvalidCredentials(NotAuthenticated):
    code = "invalid_credentials"
    message = "The e-mail address or the password is wrong."


class AccountSuspended(NotAllowed):
    code = "account_suspended"
    message = "This account is suspended. Write to support."
