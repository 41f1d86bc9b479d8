"""Codes of authenticator apps: RFC 6238 with SHA-1, six digits and steps of 30 seconds, which is what all of them can.

The functions here look at one seed; whose turn it is and how often somebody may try, `second_factor` decides.
"""

from __future__ import annotations

import base64
import os
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.utils import timezone

from accounts.models import TotpSeed, User
from nexusvpn.encryption import decrypt, encrypt

# RFC 4226, 4 (R6) recommends 160 bits.
SEED_BYTES = 20
DIGITS = 6
STEP_S = 30
# A clock may be wrong by one step either way (RFC 6238, 5.2).
TOLERATED_STEPS = (0, -1, 1)
# A seed that was shown and never confirmed is not confirmed later by somebody who saw it then.
SETUP_LIFETIME = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator app needs, as text (`secret`, base32) and as what its QR code holds."""

    secret: str
    otpauth_url: str


def place_of(user_id: UUID) -> str:
    """What a seed's encryption is bound to."""
    return f"accounts.TotpSeed.seed {user_id}"


def _generator(seed: bytes) -> TOTP:
    # RFC 6238 names SHA-1, whose collisions do not matter to HMAC; authenticator apps ignore any other choice.
    return TOTP(seed, DIGITS, SHA1(), STEP_S)  # noqa: S303


def seed_of(row: TotpSeed) -> bytes:
    return decrypt(bytes(row.seed), place_of(row.user_id))


def setup_of(row: TotpSeed, user: User) -> Setup:
    seed = seed_of(row)
    secret = base64.b32encode(seed).decode().rstrip("=")
    return Setup(secret, _generator(seed).get_provisioning_uri(user.email, settings.BRAND_NAME))


def begun_setup(user: User) -> TotpSeed | None:
    """The person's seed that waits for its first code, unless it has waited too long."""
    oldest = timezone.now() - SETUP_LIFETIME
    return TotpSeed.objects.filter(user=user, confirmed_at=None, created_at__gt=oldest).first()


def write_seed(user: User) -> TotpSeed:
    """A new seed that has yet to be confirmed, in the place of one that never was."""
    seed = encrypt(os.urandom(SEED_BYTES), place_of(user.pk))
    values = {"seed": seed, "created_at": timezone.now(), "confirmed_at": None, "last_step": 0}
    return TotpSeed.objects.update_or_create(user=user, defaults=values)[0]


def plain_code(text: str) -> str | None:
    """Six digits, however they were grouped; None for what is no code. Digits of other scripts are none of ours."""
    code = "".join(text.split())
    return code if len(code) == DIGITS and code.isascii() and code.isdigit() else None


def code_at(seed: bytes, step: int) -> str:
    return _generator(seed).generate(step * STEP_S).decode()


def matching_step(row: TotpSeed, code: str) -> int | None:
    """The time step whose code this is, if that is newer than the newest one taken. Call it with the person locked."""
    seed, now = seed_of(row), int(time.time()) // STEP_S
    found = None
    for step in (now + offset for offset in TOLERATED_STEPS):
        # Every step is looked at, whatever was found, so that the time tells nothing.
        if constant_time.bytes_eq(code_at(seed, step).encode(), code.encode()) and step > row.last_step:
            found = step if found is None else max(found, step)
    return found
