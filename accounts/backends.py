"""Signing in by e-mail address where Django asks its backends; pages and API ask `accounts.services.sign_in`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User
from accounts.services.sign_in import find_account


class EmailBackend(ModelBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The active account for this address and password, or None."""
        email = username if username is not None else kwargs.get("email")
        user, matches = find_account(email or "", password or "")
        return user if matches and self.user_can_authenticate(user) else None
