from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.contrib.auth.hashers import make_password

from accounts.models import User

PASSWORD = "correct horse battery staple"


@lru_cache(maxsize=1)
def _hashed() -> str:
    """Hashed once a process, with the real hasher."""
    return make_password(PASSWORD)


def make_user(email: str, **fields: Any) -> User:
    """A person whose password is PASSWORD."""
    user = User(email=email, **fields)
    user.password = _hashed()
    user.save()
    return user
