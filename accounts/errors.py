from __future__ import annotations

from nexusvpn.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound, RateLimited
from nexusvpn.languages import lazy as _


class EmailTaken(Conflict):
    code = "email_taken"
    message = _("An account with this e-mail address exists already. Sign in instead.")


class UnknownReferralCode(InvalidInput):
    code = "unknown_referral_code"
    message = _("This referral code does not exist.")


class InvalidCredentials(NotAuthenticated):
    code = "invalid_credentials"
    message = _("The e-mail address or the password is wrong.")


class ApiKeyNameTaken(Conflict):
    code = "api_key_name_taken"
    message = _("You have a key of this name already.")


class TooManyApiKeys(Conflict):
    code = "api_key_limit_reached"
    message = _("You have as many keys as one account may have. Revoke one that you do not need.")


class InvalidCode(NotAuthenticated):
    """A code of an authenticator or a recovery code that is wrong, too old, or used up: which, nobody is told."""

    code = "invalid_code"
    message = _("This code is wrong or was used already. Wait for the next one, then try again.")


class InvalidPasskey(NotAuthenticated):
    code = "invalid_passkey"
    message = _("This passkey was not accepted. Try again, or use another way.")


class AnotherSignIn(Conflict):
    code = "another_sign_in"
    message = _("Another sign-in was begun in this browser meanwhile. This page now shows that one.")


class PasskeysUnavailable(Conflict):
    code = "passkeys_unavailable"
    message = _("Passkeys need a host name and TLS: they cannot be used under this address.")


class TooManyPasskeys(Conflict):
    code = "too_many_passkeys"
    message = _("You have as many passkeys as an account may have. Remove one first.")


class WrongPassword(InvalidInput):
    """Asked again of somebody who is signed in. No 401: that would tell programs that their token is over."""

    code = "wrong_password"
    message = _("This is not your password.")


class ReauthenticationRequired(NotAllowed):
    code = "reauthentication_required"
    message = _(
        "Send your password, and a code if you have a second factor, or use a token that is younger than ten minutes."
    )


class AlreadyEnabled(Conflict):
    code = "second_factor_already_on"
    message = _("An authenticator app is set up already. Remove it first.")


class NotSetUp(Conflict):
    code = "second_factor_not_set_up"
    message = _("There is no second factor to do this with. Begin setting one up again.")


class StaffFactorRequired(Conflict):
    code = "staff_factor_required"
    message = _("Staff need a second factor. Add another one before you remove this one.")


class StaffFactorOverdue(Conflict):
    """Whoever has only the password of somebody of staff must not make it their own by adding a factor."""

    code = "staff_factor_overdue"
    message = _("Your time to set up a second factor is over. Ask a superuser to give you time again.")


class AccountSuspended(NotAllowed):
    code = "account_suspended"
    message = _("This account is suspended. Write to support.")


class AccountLeaving(AccountSuspended):
    """Told only after the right password."""

    code = "account_leaving"
    message = _("This account is going to be deleted. Until then you can take it back.")


class StaffCannotLeave(Conflict):
    code = "staff_account"
    message = _("An account of staff cannot be deleted. A superuser makes it a customer's first.")


class ActingReadOnly(NotAllowed):
    """Of staff who act as a customer."""

    code = "acting_read_only"
    message = _("You are looking at a customer's account. This can be done by the customer alone.")


class ActingEnded(Conflict):
    """Of staff whose acting ended while what they sent was on its way."""

    code = "acting_ended"
    message = _("You do not act as this customer any more. Nothing was changed.")


class ActingNotPossible(Conflict):
    code = "acting_not_possible"
    message = _("Nobody can act as staff, as themselves, or as somebody whose account is not active.")


class ExportNotReady(NotFound):
    code = "export_not_ready"
    message = _("There is no export to download. Ask for one; we tell you when it is ready.")


class EmailUnverified(NotAllowed):
    code = "email_unverified"
    message = _("Confirm your e-mail address first: follow the link that we sent you, or ask for a new one.")


class InvalidLink(InvalidInput):
    code = "invalid_link"
    message = _("This link was used, has expired or was replaced by a newer one. Ask for a new one.")


class RegistrationClosed(NotAllowed):
    code = "registration_closed"
    message = _("New accounts are not open at the moment.")


class InvitationRequired(NotAllowed):
    code = "invitation_required"
    message = _("New accounts need an invitation at the moment.")


class InvalidInvitation(NotAllowed):
    code = "invalid_invitation"
    message = _("This invitation was used, has expired or is meant for another address.")


class RegistrationThrottled(RateLimited):
    code = "registration_throttled"
    message = _("Many accounts were made in the last hour. Try again later.")


class ChallengeFailed(NotAllowed):
    code = "challenge_failed"
    message = _("The check that you are not a program was not passed. Load the page again.")
