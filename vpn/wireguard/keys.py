"""Making WireGuard keys.

Needs `cryptography`; the agent, which must not, uses `public_keys` and the `wg` tool.
"""

import secrets
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from vpn.wireguard.public_keys import InvalidKey, decode_key, encode_key, validate_public_key

__all__ = [
    "InvalidKey",
    "KeyPair",
    "derive_public_key",
    "generate_key_pair",
    "generate_preshared_key",
    "validate_public_key",
]


class KeyPair(NamedTuple):
    """A private key and its public key, each 44 characters of base64."""

    private_key: str
    public_key: str

    def __repr__(self) -> str:
        """Leave the private key out, so that it cannot reach a log by accident."""
        return f"KeyPair(public_key={self.public_key!r})"


def generate_key_pair() -> KeyPair:
    """Return a new X25519 key pair. The private key is clamped, as `wg genkey` does it."""
    raw = bytearray(X25519PrivateKey.generate().private_bytes_raw())
    raw[0] &= 248
    raw[31] = (raw[31] & 127) | 64
    private_key = encode_key(bytes(raw))
    return KeyPair(private_key, derive_public_key(private_key))


def derive_public_key(private_key: str) -> str:
    """Return the public key that belongs to a private key in base64; raises InvalidKey if it is malformed."""
    key = X25519PrivateKey.from_private_bytes(decode_key(private_key))
    return encode_key(key.public_key().public_bytes_raw())


def generate_preshared_key() -> str:
    """Return 32 random bytes in base64, as `wg genpsk` does it."""
    return encode_key(secrets.token_bytes(32))
