"""Where people are signed in, how they tried, and from what."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from accounts.querysets import SessionQuerySet
from nexusvpn.moments import moment_in_name


class Session(models.Model):
    """One sign-in: a browser's session or an API token. This row is the truth about it: no row, no access.

    Only the SHA-256 of the cookie or token is stored; both have 256 random bits, so the hash needs no salt.
    """

    class Kind(models.TextChoices):
        BROWSER = "browser", _("Browser")
        TOKEN = "token", _("API token")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Empty only between the first page and the sign-in of one browser, if something had to be remembered there.
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    key_hash = models.CharField(max_length=64)
    data = models.TextField(blank=True, default="", help_text=_("Django's signed session data; empty for tokens."))
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    # Moved on while it is used, by `idle_s` each time, and never beyond `ends_at`.
    expires_at = models.DateTimeField()
    # The defaults are for servers of the release before, which know neither.
    ends_at = models.DateTimeField(db_default=Now() + timedelta(days=14))
    idle_s = models.PositiveIntegerField(db_default=14 * 24 * 3600)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    # When a second factor, or a passkey alone, was shown in this session.
    second_factor_at = models.DateTimeField(null=True)
    # The customer whose pages this session of staff shows outside the admin, and until when.
    acting_for = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    acting_until = models.DateTimeField(null=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-last_seen_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["key_hash"], name="session_key_hash_unique"),
            models.CheckConstraint(
                condition=models.Q(kind="browser") | models.Q(user__isnull=False), name="session_token_has_user"
            ),
            models.CheckConstraint(
                condition=models.Q(acting_for__isnull=True)
                | models.Q(kind="browser", user__isnull=False, acting_until__isnull=False),
                name="session_acting_is_bounded",
            ),
        ]
        indexes = [
            # "Where am I signed in?", newest first, and "end every session of this person".
            models.Index(fields=["user", "-last_seen_at"], name="session_user_seen_idx"),
            # The job that deletes ended sessions.
            models.Index(fields=["expires_at"], name="session_expiry_idx"),
            # Who acts for this person: the deletion of an account (SET NULL).
            models.Index(
                fields=["acting_for"], condition=models.Q(acting_for__isnull=False), name="session_acting_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {moment_in_name(self.created_at)}"


class LoginHistory(models.Model):
    """A try to sign in. Append-only; kept for LOGIN_HISTORY_DAYS."""

    class Outcome(models.TextChoices):
        SUCCESS = "success", _("Signed in")
        FAILED = "failed", _("Wrong password")
        SECOND_FACTOR = "second_factor", _("Second factor asked")
        WRONG_CODE = "wrong_code", _("Wrong code")
        BLOCKED = "blocked", _("Account suspended")

    id = models.BigAutoField(primary_key=True)
    # Empty for a try with an address that has no account: the address itself is not stored.
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="login_history", db_index=False)
    timestamp = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    kind = models.CharField(max_length=8, choices=Session.Kind.choices)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = _("login history")
        ordering = ["-timestamp", "-id"]
        indexes = [
            # "My sign-ins", newest first, page by page.
            models.Index(fields=["user", "-timestamp", "-id"], name="login_user_time_idx"),
            # Staff's list of all tries, newest first, and the retention job's "older than".
            models.Index(fields=["timestamp"], name="login_time_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}, {moment_in_name(self.timestamp)}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("Login history is append-only.")
        super().save(*args, **kwargs)


class KnownClient(models.Model):
    """A browser or program that a person has signed in with before: the next sign-in with it needs no mail."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_clients", db_index=False)
    # SHA-256 of the browser's own long-lived cookie or, of a program, of its name and network.
    fingerprint = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # "Has this person used this one before?"
            models.UniqueConstraint(fields=["user", "fingerprint"], name="known_client_unique"),
        ]
        indexes = [
            # Retention: those that have not been seen for long.
            models.Index(fields=["last_seen_at"], name="known_client_seen_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {moment_in_name(self.first_seen_at)}"
