"""What `Authorization: Bearer …` may hold: a token of a sign-in, or an API key."""

from __future__ import annotations

from accounts.models import ApiKey, Session, User
from accounts.services.api_keys import KEY_PREFIX, authenticate_api_key
from accounts.services.sessions import authenticate_token


def authenticate(secret: str) -> tuple[User, Session | ApiKey] | None:
    """The person and what they came with, or None when it opens nothing."""
    if not secret.isascii():
        return None
    return authenticate_api_key(secret) if secret.startswith(KEY_PREFIX) else authenticate_token(secret)
