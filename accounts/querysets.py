from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from nexusvpn.db import lowered

if TYPE_CHECKING:
    from accounts.models import User


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db, force_insert=True)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> User:
        # Made at the machine's own prompt: there is nobody to be in doubt about.
        fields = {"email_verified_at": timezone.now(), **fields}
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def with_email(self, email: str) -> models.QuerySet[User]:
        """The account with this address, whatever its case; served by the unique index on lower(email)."""
        return self.alias(_email=Lower("email")).filter(_email=lowered(email.strip()))

    def get_by_natural_key(self, username: str | None) -> User:
        return self.with_email(username or "").get()


class SessionQuerySet(models.QuerySet):
    def live(self) -> SessionQuerySet:
        return self.filter(expires_at__gt=timezone.now())
