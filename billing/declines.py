"""Why a card was declined, in plain words: to the customer, and about them. The codes are Stripe's: https://docs.stripe.com/declines/codes"""

from __future__ import annotations

from nexusvpn.languages import lazy as _

_WORDS = {
    "insufficient_funds": _("There was not enough money on the card."),
    "expired_card": _("The card has expired."),
    "authentication_required": _("Your bank wants you to confirm the payment. You can do so on the invoice's page."),
    "incorrect_cvc": _("The card's security code was not right."),
    "incorrect_number": _("The card's number was not right."),
    "lost_card": _("Your bank does not accept this card any more."),
    "stolen_card": _("Your bank does not accept this card any more."),
    "processing_error": _("Something went wrong at the bank. It is tried again."),
    "card_declined": _("Your bank declined the card. It does not tell us why; it may tell you."),
    "generic_decline": _("Your bank declined the card. It does not tell us why; it may tell you."),
}

# The same codes as staff read them in a list.
_SHORT = {
    "insufficient_funds": _("Not enough money"),
    "expired_card": _("Card expired"),
    "authentication_required": _("The bank wants it confirmed"),
    "incorrect_cvc": _("Wrong security code"),
    "incorrect_number": _("Wrong card number"),
    "lost_card": _("Card reported lost"),
    "stolen_card": _("Card reported stolen"),
    "processing_error": _("Error at the bank"),
    "card_declined": _("Declined by the bank without a reason"),
    "generic_decline": _("Declined by the bank without a reason"),
}


def in_words(code: str) -> str:
    """One or two whole sentences, in whichever language they are read."""
    return _WORDS.get(code, _("The payment did not go through."))


def in_short(code: str) -> str:
    """For staff, without addressing whose card it is; a code that came after these is shown with blanks."""
    return str(_SHORT.get(code) or code.replace("_", " "))
