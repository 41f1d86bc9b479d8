"""What a sign-up may have to pass so that making accounts by the thousand costs something. Off unless SIGNUP_CHALLENGE names a class.

Such a class has `issue() -> dict`, what a page or program needs to answer (plain JSON), and `check(answer) -> None`, which raises
ChallengeFailed. A captcha's class would issue its site key, and check by asking its service.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings
from django.core import signing
from django.core.cache import caches
from django.utils.module_loading import import_string

from accounts.errors import ChallengeFailed


class Challenge(Protocol):
    def issue(self) -> dict[str, Any]: ...

    def check(self, answer: str) -> None: ...


@lru_cache(maxsize=4)
def _made(name: str) -> Challenge:
    challenge: Challenge = import_string(name)()
    return challenge


def sign_up_challenge() -> Challenge | None:
    return _made(settings.SIGNUP_CHALLENGE) if settings.SIGNUP_CHALLENGE else None


def check_challenge(answer: str) -> None:
    """Raises ChallengeFailed where sign-ups have to pass something and this does not."""
    challenge = sign_up_challenge()
    if challenge is not None:
        challenge.check(answer)


class ProofOfWork:
    """Like hashcash: a number such that SHA-256 of `<challenge>.<number>` begins with `bits` zero bits.

    The challenge is signed, so nothing is stored while somebody works on it; it is good for one sign-up.
    """

    BITS = 18
    # Shorter than a counter is remembered (nexusvpn.counters), which is what makes it good for one use.
    LIFETIME_S = 600
    SALT = "accounts.challenge"

    def issue(self) -> dict[str, Any]:
        challenge = signing.dumps(secrets.token_urlsafe(12), salt=self.SALT)
        return {"kind": "proof_of_work", "challenge": challenge, "bits": self.BITS, "lifetime_s": self.LIFETIME_S}

    def check(self, answer: str) -> None:
        challenge, _, number = answer.rpartition(".")
        try:
            nonce = signing.loads(challenge, salt=self.SALT, max_age=self.LIFETIME_S)
        except signing.BadSignature:
            raise ChallengeFailed from None
        if not number.isascii() or not number.isdecimal() or leading_zero_bits(answer) < self.BITS:
            raise ChallengeFailed
        # Counted only once it is solved: whoever brings it first has used it.
        if caches["counters"].incr(f"challenge:{nonce}") > 1:
            raise ChallengeFailed


def leading_zero_bits(text: str) -> int:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return 256 - int.from_bytes(digest, "big").bit_length()
