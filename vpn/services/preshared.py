"""Preshared keys: a second, symmetric key of each peer, kept encrypted and bound to its device and server."""

from __future__ import annotations

from uuid import UUID

from nexusvpn.encryption import decrypt, encrypt
from vpn.wireguard.keys import generate_preshared_key


def _place(device_id: UUID, server_id: UUID) -> str:
    return f"vpn.IpAssignment.preshared_key:{device_id}:{server_id}"


def new_preshared_key(device_id: UUID, server_id: UUID) -> bytes:
    """A new key, encrypted for its row."""
    return encrypt(generate_preshared_key().encode(), _place(device_id, server_id))


def open_preshared_key(stored: bytes | memoryview | None, device_id: UUID, server_id: UUID) -> str | None:
    """The key in base64, None where there is none; raises UnreadableSecret."""
    return None if stored is None else decrypt(bytes(stored), _place(device_id, server_id)).decode()


def renew_encryption(stored: bytes, device_id: UUID, server_id: UUID) -> bytes:
    """The same key, encrypted with the present encryption key."""
    place = _place(device_id, server_id)
    return encrypt(decrypt(stored, place), place)
