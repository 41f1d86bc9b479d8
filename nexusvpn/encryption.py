"""Secrets at rest: AES-256-GCM with a key from the environment, each bound to where it is kept.

`ENCRYPTION_KEYS` holds one or more keys; the first encrypts, all decrypt. To change the key, put a new one in front, restart, run
`manage.py reencrypt_secrets`, and take the old one away.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

KEY_ID_BYTES = 4
NONCE_BYTES = 12


class UnreadableSecret(Exception):
    """No configured key opens this value, or it was moved from where it belongs."""


@lru_cache(maxsize=4)
def _ring(keys: tuple[bytes, ...]) -> dict[bytes, AESGCM]:
    return {hashlib.sha256(b"nexusvpn key id" + key).digest()[:KEY_ID_BYTES]: AESGCM(key) for key in keys}


def _keys() -> dict[bytes, AESGCM]:
    return _ring(tuple(settings.ENCRYPTION_KEYS))


def encrypt(plain: bytes, place: str) -> bytes:
    """Key id, nonce and ciphertext; opens only with the same `place`, a text that names the row and column."""
    key_id, cipher = next(iter(_keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    return key_id + nonce + cipher.encrypt(nonce, plain, place.encode())


def decrypt(stored: bytes, place: str) -> bytes:
    """Raises UnreadableSecret; the message holds nothing of the secret."""
    return opener()(stored, place)


def opener() -> Callable[[bytes, str], bytes]:
    """`decrypt` for many values: looking the keys up for each costs more than decrypting it."""
    ring = _keys()

    def open_one(stored: bytes, place: str) -> bytes:
        cipher = ring.get(bytes(stored[:KEY_ID_BYTES]))
        if cipher is None:
            raise UnreadableSecret("the key of this value is not configured")
        nonce = stored[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, stored[KEY_ID_BYTES + NONCE_BYTES :], place.encode())
        except InvalidTag:
            raise UnreadableSecret("this value was changed or moved") from None

    return open_one


def is_current(stored: bytes) -> bool:
    """Whether the value is encrypted with the key that encrypts now."""
    return bytes(stored)[:KEY_ID_BYTES] == next(iter(_keys()))
