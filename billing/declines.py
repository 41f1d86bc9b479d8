"""Why a card was declined, in plain words. The codes are Stripe's: https://docs.stripe.com/declines/codes"""

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


def in_words(code: str) -> str:
    """One or two whole sentences, in whichever language they are read."""
    return _WORDS.get(code, _("The payment did not go through."))
