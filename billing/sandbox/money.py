"""Amounts are integers in a currency's smallest unit: https://docs.stripe.com/currencies#zero-decimal."""

from __future__ import annotations

from fractions import Fraction

from billing.sandbox.errors import StripeError

_ZERO = "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf"
_OTHER = "usd eur gbp chf cad aud nzd sek nok dkk pln czk huf ron bgn inr brl mxn sgd hkd zar try ils"
ZERO_DECIMAL = frozenset(_ZERO.split(" "))
_KNOWN = frozenset(f"{_ZERO} {_OTHER}".split(" "))


def check_currency(currency: str, param: str = "currency") -> str:
    """Lower case. Stripe takes either and answers in lower case."""
    lower = currency.lower()
    if lower not in _KNOWN:
        raise StripeError(f"Invalid currency: {lower}.", param=param)
    return lower


def share(amount: int, part: int, whole: int) -> int:
    """The part of an amount, rounded half away from zero as money is."""
    exact = Fraction(abs(amount) * part, whole or 1)
    rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    return rounded if amount >= 0 else -rounded


def fee_of(amount: int) -> int:
    """Stripe's card fee: 2.9 % and 30 of the smallest unit."""
    return share(amount, 29, 1000) + 30


def written(amount: int, currency: str) -> str:
    """For people: "4.99 USD", "499 JPY"."""
    sign, positive = "-" if amount < 0 else "", abs(amount)
    number = str(positive) if currency in ZERO_DECIMAL else f"{positive // 100}.{positive % 100:02}"
    return f"{sign}{number} {currency.upper()}"
