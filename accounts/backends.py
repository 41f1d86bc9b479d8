"""Signing in by e-mail address, for pages, the admin and the API alike."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts.models import User
from accounts.validators import MAX_PASSWORD


class EmailBackend(ModelBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The account for this address and password, or None; an unknown address costs as much as a wrong password."""
        email = username if username is not None else kwargs.get("email")
        if not email or not password or "\x00" in email or len(password) > MAX_PASSWORD:
            return None
        user = User.objects.with_email(email).first()
        if user is None:
            make_password(password)
            return None
        if user.check_password(password) and self.user_can_authenticate(user):
            return user
        return None
