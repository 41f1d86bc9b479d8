"""What Stripe calls disputes and what banks give as their reasons, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

# https://docs.stripe.com/api/disputes/object#dispute_object-status
STATUSES = {
    "needs_response": _("Needs an answer"),
    "under_review": _("The bank decides"),
    "won": _("Won"),
    "lost": _("Lost"),
    "prevented": _("Prevented"),
    "warning_needs_response": _("Early question, needs an answer"),
    "warning_under_review": _("Early question, the bank decides"),
    "warning_closed": _("Early question, closed"),
}
# https://docs.stripe.com/disputes/categories
REASONS = {
    "bank_cannot_process": _("The bank cannot process it"),
    "check_returned": _("Check returned"),
    "credit_not_processed": _("A refund did not come"),
    "customer_initiated": _("Asked for by the customer"),
    "debit_not_authorized": _("Debit not authorised"),
    "duplicate": _("Paid twice"),
    "fraudulent": _("Not made by the card's owner"),
    "general": _("No reason given"),
    "incorrect_account_details": _("Wrong account details"),
    "insufficient_funds": _("Not enough money"),
    "noncompliant": _("Against the card network's rules"),
    "product_not_received": _("Nothing was received"),
    "product_unacceptable": _("Not as described"),
    "subscription_canceled": _("Cancelled before"),
    "unrecognized": _("Not recognised by the customer"),
}


def status_in_words(code: str) -> str:
    return _said(STATUSES, code)


def reason_in_words(code: str) -> str:
    return _said(REASONS, code)


def _said(words: dict[str, Any], code: str) -> str:
    """A code that came after these is shown with blanks."""
    return str(words.get(code) or code.replace("_", " "))
