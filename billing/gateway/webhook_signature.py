"""Whether a delivery is Stripe's: https://docs.stripe.com/webhooks/signature.

Written out, since Stripe's own function refuses what is old and lets through what is dated in the future.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence

from billing.gateway.errors import EventRefused

# How far the signature's time and ours may lie apart, either way.
TOLERANCE_S = 300
# What is longer is not Stripe's: a time and a few signatures of 64 characters.
_LONGEST = 1000


def check_signature(body: bytes, header: str, secrets: Sequence[str], now: float | None = None) -> None:
    """`body` as it came, byte for byte; any of the secrets will do, so that one can be changed for another without a loss.

    Raises EventRefused with `signature_missing`, `signature_invalid` or `signature_expired`.
    """
    if not header:
        raise EventRefused(code="signature_missing")
    moment, found = _read(header)
    signed = str(moment).encode() + b"." + body
    known = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    if not any(hmac.compare_digest(one.encode(), other) for one in known for other in found):
        raise EventRefused(code="signature_invalid")
    if abs((time.time() if now is None else now) - moment) > TOLERANCE_S:
        raise EventRefused(code="signature_expired")


def _read(header: str) -> tuple[int, list[bytes]]:
    """The time, and the signatures of the scheme that we know."""
    parts = [part.strip().partition("=") for part in header[:_LONGEST].split(",")]
    moments = [value for name, _, value in parts if name == "t"]
    if len(moments) != 1 or not (moments[0].isascii() and moments[0].isdigit() and len(moments[0]) <= 12):
        raise EventRefused(code="signature_invalid")
    return int(moments[0]), [value.encode() for name, _, value in parts if name == "v1"]
