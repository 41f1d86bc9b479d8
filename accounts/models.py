"""Who people are and where they are signed in."""

from __future__ import annotations

import secrets
import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.querysets import SessionQuerySet, UserManager
from nexusvpn.errors import InvalidInput
from nexusvpn.texts import one_line

# No vowels and no look-alikes: a code is read aloud and typed, and must not spell anything.
REFERRAL_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"


def new_referral_code() -> str:
    """Twelve characters of an alphabet of 28: 57 bits, not to be guessed."""
    return "".join(secrets.choice(REFERRAL_ALPHABET) for _ in range(12))


class User(AbstractBaseUser, PermissionsMixin):
    """A customer or a member of staff. The e-mail address is the name, unique regardless of case."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254)
    full_name = models.CharField(max_length=150, blank=True)
    referral_code = models.CharField(max_length=16, default=new_referral_code, editable=False)
    referred_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="referred", db_index=False
    )
    stripe_customer_id = models.CharField(max_length=64, null=True, blank=True)
    is_active = models.BooleanField(default=True, help_text="Off: suspended; can neither sign in nor use the API.")
    is_staff = models.BooleanField(default=False, help_text="May open the admin.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["-date_joined", "id"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.UniqueConstraint(fields=["referral_code"], name="user_referral_code_unique"),
            models.UniqueConstraint(
                fields=["stripe_customer_id"],
                condition=models.Q(stripe_customer_id__isnull=False),
                name="user_stripe_customer_unique",
            ),
            models.CheckConstraint(condition=~models.Q(referred_by=models.F("id")), name="user_not_referred_by_self"),
        ]
        indexes = [
            # "Whom did this person bring?": the referrals page and the account's deletion (SET NULL).
            models.Index(fields=["referred_by"], name="user_referred_by_idx"),
            # "Whose payment is this?": every event of the payment provider names only its customer id.
            models.Index(fields=["stripe_customer_id"], name="user_stripe_customer_idx"),
            # The admin's list of people, newest first.
            models.Index(fields=["-date_joined", "id"], name="user_newest_idx"),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """For forms on the model itself, the admin's among them."""
        self.email = type(self).objects.normalize_email(self.email)
        try:
            self.full_name = one_line(self.full_name, "full_name")
        except InvalidInput as error:
            raise ValidationError(error.fields) from None


class Session(models.Model):
    """One sign-in: a browser's session or an API token. This row is the truth about it: no row, no access.

    Only the SHA-256 of the cookie or token is stored; both have 256 random bits, so the hash needs no salt.
    """

    class Kind(models.TextChoices):
        BROWSER = "browser", "Browser"
        TOKEN = "token", "API token"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Empty only between the first page and the sign-in of one browser, if something had to be remembered there.
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    key_hash = models.CharField(max_length=64)
    data = models.TextField(blank=True, default="", help_text="Django's signed session data; empty for tokens.")
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-last_seen_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["key_hash"], name="session_key_hash_unique"),
            models.CheckConstraint(
                condition=models.Q(kind="browser") | models.Q(user__isnull=False), name="session_token_has_user"
            ),
        ]
        indexes = [
            # "Where am I signed in?", newest first, and "end every session of this person".
            models.Index(fields=["user", "-last_seen_at"], name="session_user_seen_idx"),
            # The job that deletes ended sessions.
            models.Index(fields=["expires_at"], name="session_expiry_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"


class LoginHistory(models.Model):
    """A try to sign in. Append-only; kept for LOGIN_HISTORY_DAYS."""

    class Outcome(models.TextChoices):
        SUCCESS = "success", "Signed in"
        FAILED = "failed", "Wrong password"
        BLOCKED = "blocked", "Account suspended"

    id = models.BigAutoField(primary_key=True)
    # Empty for a try with an address that has no account: the address itself is not stored.
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="login_history", db_index=False)
    timestamp = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    kind = models.CharField(max_length=8, choices=Session.Kind.choices)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "login history"
        ordering = ["-timestamp", "-id"]
        indexes = [
            # "My sign-ins", newest first, page by page.
            models.Index(fields=["user", "-timestamp", "-id"], name="login_user_time_idx"),
            # Staff's list of all tries, newest first, and the retention job's "older than".
            models.Index(fields=["timestamp"], name="login_time_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.timestamp:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("Login history is append-only.")
        super().save(*args, **kwargs)
