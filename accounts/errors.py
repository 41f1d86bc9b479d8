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


class ApiKeyNameTaken(Conflict):
    code = "api_key_name_taken"
    message = "You have a key of this name already."


class TooManyApiKeys(Conflict):
    code = "api_key_limit_reached"
    message = "You have as many keys as one account may have. Revoke one that you do not need."


class AccountSuspended(NotAllowed):
    code = "account_suspended"
    message = "This account is suspended. Write to support."
