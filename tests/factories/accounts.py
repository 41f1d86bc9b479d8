from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import User

PASSWORD = "correct horse battery staple"


@lru_cache(maxsize=1)
def _hashed() -> str:
    """Hashed once a process, with the real hasher."""
    return make_password(PASSWORD)


def make_user(email: str, **fields: Any) -> User:
    """A person whose password is PASSWORD and whose address is verified."""
    user = User(email=email, **{"email_verified_at": timezone.now(), **fields})
    user.password = _hashed()
    user.save()
    return user
