"""Preshared keys: a second, symmetric key of each peer, kept encrypted and bound to its device and server."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from nexusvpn.encryption import encrypt, opener
from vpn.wireguard.keys import generate_preshared_key


def preshared_place(device_id: UUID | str, server_id: UUID | str) -> str:
    """What a key is bound to."""
    return f"vpn.IpAssignment.preshared_key:{device_id}:{server_id}"


def new_preshared_key(device_id: UUID, server_id: UUID) -> bytes:
    """A new key, encrypted for its row."""
    return encrypt(generate_preshared_key().encode(), preshared_place(device_id, server_id))


def preshared_opener(server_id: UUID) -> Callable[[bytes | None, str], str | None]:
    """A function of a stored key of this server and its device's id: the key in base64, None where there is none.

    It raises UnreadableSecret.
    """
    decrypt_one, server = opener(), str(server_id)

    def open_one(stored: bytes | None, device_id: str) -> str | None:
        return None if stored is None else decrypt_one(stored, preshared_place(device_id, server)).decode()

    return open_one


def open_preshared_key(stored: bytes | memoryview | None, device_id: UUID, server_id: UUID) -> str | None:
    """The key in base64, None where there is none; raises UnreadableSecret."""
    return preshared_opener(server_id)(None if stored is None else bytes(stored), str(device_id))
