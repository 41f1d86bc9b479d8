"""Amounts are stored in their currency's smallest unit; people read and write them in its own."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language, to_locale

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


def sign_of(currency: str) -> str:
    """How the language that is spoken writes a currency: "¥" for JPY, "CA$" for CAD. One without a sign of its own, as CHF, is its code."""
    code = currency.upper()
    return _signs(get_language() or "en").get(code, code)


@lru_cache(maxsize=16)
def _signs(language: str) -> dict[str, str]:
    try:
        return dict(Locale.parse(to_locale(language)).currency_symbols)
    except (UnknownLocaleError, ValueError):
        return dict(Locale.parse("en").currency_symbols)
