"""Preshared keys: a second, symmetric key of each peer, kept encrypted and bound to its device and server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from nexusvpn.encryption import UnreadableSecret, decrypt, encrypt, is_current, opener
from vpn.models import IpAssignment
from vpn.wireguard.keys import generate_preshared_key

BATCH = 500


def _place(device_id: UUID | str, server_id: UUID | str) -> str:
    return f"vpn.IpAssignment.preshared_key:{device_id}:{server_id}"


def new_preshared_key(device_id: UUID, server_id: UUID) -> bytes:
    """A new key, encrypted for its row."""
    return encrypt(generate_preshared_key().encode(), _place(device_id, server_id))


def preshared_opener(server_id: UUID) -> Callable[[bytes | None, str], str | None]:
    """A function of a stored key of this server and its device's id: the key in base64, None where there is none.

    It raises UnreadableSecret.
    """
    decrypt_one, server = opener(), str(server_id)

    def open_one(stored: bytes | None, device_id: str) -> str | None:
        return None if stored is None else decrypt_one(stored, _place(device_id, server)).decode()

    return open_one


def open_preshared_key(stored: bytes | memoryview | None, device_id: UUID, server_id: UUID) -> str | None:
    """The key in base64, None where there is none; raises UnreadableSecret."""
    return preshared_opener(server_id)(None if stored is None else bytes(stored), str(device_id))


def renew_encryption(stored: bytes, device_id: UUID, server_id: UUID) -> bytes:
    """The same key, encrypted with the present encryption key."""
    place = _place(device_id, server_id)
    return encrypt(decrypt(stored, place), place)


@dataclass(slots=True)
class Renewal:
    """How many keys were encrypted anew, were so already, and cannot be read with any configured key."""

    renewed: int = 0
    current: int = 0
    unreadable: int = 0


def reencrypt_preshared_keys() -> Renewal:
    """Encrypt every key with the present encryption key. While everything runs, and as often as one likes.

    Each row is written on its own, and only if it still holds what was read. Keys that cannot be read are left as they are.
    """
    done, last = Renewal(), 0
    while True:
        rows = IpAssignment.objects.filter(pk__gt=last, preshared_key__isnull=False).order_by("pk")
        batch = list(rows.values_list("pk", "preshared_key", "device_id", "server_id")[:BATCH])
        if not batch:
            return done
        for pk, stored, device_id, server_id in batch:
            _reencrypt(done, pk, bytes(stored or b""), device_id, server_id)
        last = batch[-1][0]


def _reencrypt(done: Renewal, pk: int, stored: bytes, device_id: UUID, server_id: UUID) -> None:
    if is_current(stored):
        done.current += 1
        return
    try:
        renewed = renew_encryption(stored, device_id, server_id)
    except UnreadableSecret:
        done.unreadable += 1
        return
    done.renewed += IpAssignment.objects.filter(pk=pk, preshared_key=stored).update(preshared_key=renewed)
