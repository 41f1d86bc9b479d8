"""Amounts are stored in their currency's smallest unit; people read and write them in its own."""

from __future__ import annotations

from decimal import Decimal

# ISO 4217 currencies without a minor unit, and those with a thousandth, as far as Stripe takes them:
# https://docs.stripe.com/currencies
WHOLE_CURRENCIES = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)
THOUSANDTHS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))


def decimals_of(currency: str) -> int:
    code = currency.upper()
    return 0 if code in WHOLE_CURRENCIES else 3 if code in THOUSANDTHS else 2


def major(minor: int, currency: str) -> Decimal:
    """499 cents → 4.99 dollars; 499 yen stay 499."""
    return Decimal(minor).scaleb(-decimals_of(currency))


def minor(amount: Decimal, currency: str) -> int | None:
    """4.99 dollars → 499 cents; None for what the currency has no coin for.

    Neither has "1.500" dollars: in some languages that is a thousand and a half, and nobody can tell which was meant.
    """
    scaled = amount.scaleb(decimals_of(currency))
    exponent = scaled.as_tuple().exponent
    return int(scaled) if isinstance(exponent, int) and exponent >= 0 else None
