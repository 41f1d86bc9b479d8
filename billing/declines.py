"""Why a card was declined, in plain words. The codes are Stripe's: https://docs.stripe.com/declines/codes"""

from __future__ import annotations

_WORDS = {
    "insufficient_funds": "There was not enough money on the card.",
    "expired_card": "The card has expired.",
    "authentication_required": "Your bank wants you to confirm the payment. You can do so on the invoice's page.",
    "incorrect_cvc": "The card's security code was not right.",
    "incorrect_number": "The card's number was not right.",
    "lost_card": "Your bank does not accept this card any more.",
    "stolen_card": "Your bank does not accept this card any more.",
    "processing_error": "Something went wrong at the bank. It is tried again.",
    "card_declined": "Your bank declined the card. It does not tell us why; it may tell you.",
    "generic_decline": "Your bank declined the card. It does not tell us why; it may tell you.",
}


def in_words(code: str) -> str:
    """One or two whole sentences."""
    return _WORDS.get(code, "The payment did not go through.")
