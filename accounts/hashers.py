"""argon2id with OWASP's parameters and a bound on how many run at once, so that a flood of logins cannot eat the memory."""

from __future__ import annotations

import threading
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils.translation import gettext as _

from nexusvpn.db import lend_connection
from nexusvpn.errors import Unavailable

_slots = threading.BoundedSemaphore(settings.ARGON2_CONCURRENCY)
# A sign-in waits this long for its turn before it is told to come back.
WAIT_S = 8.0


class _Slot:
    def __enter__(self) -> None:
        if _slots.acquire(blocking=False):
            return
        # A crowd that waits here must not keep the database from everybody else.
        lend_connection()
        if not _slots.acquire(timeout=WAIT_S):
            raise Unavailable(_("Many people are signing in. Try again in a few seconds."), code="busy", retry_after=5)

    def __exit__(self, *exc: object) -> None:
        _slots.release()


class BoundedArgon2Hasher(Argon2PasswordHasher):
    """46 MiB, one pass, one lane (OWASP Password Storage Cheat Sheet, argon2id m=47104 t=1 p=1)."""

    time_cost = 1
    memory_cost = 47104
    parallelism = 1

    def encode(self, password: str, salt: str) -> Any:
        with _Slot():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _Slot():
            return bool(super().verify(password, encoded))
