"""Codes that stand in for a lost second factor. Each works once; who gets new ones can throw the old ones away."""

from __future__ import annotations

import hashlib
import secrets

from django.utils import timezone

from accounts.models import RecoveryCode, User
from accounts.models.people import REFERRAL_ALPHABET as ALPHABET

COUNT = 10
LENGTH = 16
GROUP = 4


def write_codes(user: User) -> list[str]:
    """Ten new codes, shown once; the former ones end. Call it in the transaction of what they are for, with the person locked."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(COUNT)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_hash=_hash(code)) for code in codes)
    return [_grouped(code) for code in codes]


def take_code(user: User, text: str) -> bool:
    """Use a code up; False if it is none of this person's, or was used before."""
    code = plain_code(text)
    if code is None:
        return False
    # The conditional update lets one of two through that bring the same code.
    unused = RecoveryCode.objects.filter(user=user, code_hash=_hash(code), used_at=None)
    return bool(unused.update(used_at=timezone.now()))


def count_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def plain_code(text: str) -> str | None:
    """The code without its grouping, in capitals; None for what cannot be one."""
    code = "".join(text.split()).replace("-", "").upper()
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def _hash(code: str) -> str:
    # 77 random bits: a fast hash without salt is right, as it is for tokens.
    return hashlib.sha256(code.encode()).hexdigest()
