"""WireGuard keys as text, checked with the standard library alone, so that the node agent can use it too."""

import base64
import binascii
import re
from typing import Final

KEY_BYTES: Final = 32
KEY_TEXT_LENGTH: Final = 44

# 43 characters carry 258 bits for 256: the last one may only be one of the sixteen whose two low bits are
# zero.
_CANONICAL = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")

_P: Final = 2**255 - 19
# The u-coordinates of the points of small order on Curve25519 and its twist, with their non-canonical forms
# (https://cr.yp.to/ecdh.html#validate). A shared secret with one of them is known to everybody.
_SMALL_ORDER: Final = frozenset(
    {
        0,
        1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
        _P - 1,
        _P,
        _P + 1,
    }
)


class InvalidKey(ValueError):
    """A text is not a WireGuard key, or is one that must not be used. The message never holds the key."""


def decode_key(text: str) -> bytes:
    """Return the 32 bytes of a key written as 44 characters of standard, canonical base64.

    Raises InvalidKey for any other text. Good for public, private and preshared keys.
    """
    if not isinstance(text, str) or _CANONICAL.fullmatch(text) is None:
        raise InvalidKey("A WireGuard key is 32 bytes written as 44 characters of base64.")
    return base64.b64decode(text)


def encode_key(raw: bytes) -> str:
    """Return 32 bytes as 44 characters of base64; raises InvalidKey for another length."""
    if len(raw) != KEY_BYTES:
        raise InvalidKey("A WireGuard key is 32 bytes long.")
    return binascii.b2a_base64(raw, newline=False).decode("ascii")


def validate_public_key(text: str) -> str:
    """Return `text` if a peer may have it as its public key, else raise InvalidKey.

    Refused besides malformed text: the all-zero key and the other points of small order.
    """
    raw = decode_key(text)
    coordinate = int.from_bytes(raw, "little") & (2**255 - 1)  # X25519 ignores the highest bit (RFC 7748, 5)
    if coordinate in _SMALL_ORDER:
        raise InvalidKey("This public key is a point of small order and gives no secrecy.")
    return text
