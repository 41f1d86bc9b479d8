"""What Stripe may answer, in the product's own errors."""

from __future__ import annotations

from nexusvpn.errors import Conflict, InvalidInput, NotFound, Unavailable
from nexusvpn.languages import lazy as _


class PaymentsUnavailable(Unavailable):
    """Stripe did not answer, cannot now, or is not configured. What happened is not known: repeat with the same key."""

    code = "payments_unavailable"
    message = _("Payments do not work at the moment. Nothing was charged. Try again shortly.")


class KeyInUse(PaymentsUnavailable):
    """The very same request is under way, and took longer than we wait."""


class PaymentDeclined(Conflict):
    """The bank said no. `code` is `card_declined`, `insufficient_funds`, `expired_card` or `authentication_required`."""

    code = "card_declined"
    message = _("Your bank declined the payment. Try another card.")


class GatewayRefused(Conflict):
    """Stripe does not do this; `stripe_code` is its own word for why, and `words` its sentence, which is for staff alone."""

    code = "payment_refused"
    message = _("The payment provider refused this. Nothing was charged.")

    def __init__(self, stripe_code: str = "", words: str = "") -> None:
        super().__init__()
        self.stripe_code = stripe_code
        self.words = words


class GatewayMissing(NotFound):
    """Stripe does not know the object; `param` is its name for what named it, where it says so."""

    code = "payment_object_missing"

    def __init__(self, param: str = "") -> None:
        super().__init__()
        self.param = param


class KeyReused(Conflict):
    """The idempotency key was used for a request with other parameters."""

    code = "idempotency_mismatch"


class EventRefused(InvalidInput):
    """A delivery that is not Stripe's, not for us, or not to be understood. Nothing of it is kept.

    `code` is `signature_missing`, `signature_invalid`, `signature_expired`, `malformed_event` or `wrong_mode`.
    """

    code = "malformed_event"
    message = _("This is not an event of ours.")
