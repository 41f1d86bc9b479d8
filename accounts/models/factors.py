"""What people sign in with beside their password."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class TotpSeed(models.Model):
    """The seed that a person's authenticator app shares with us (RFC 6238), encrypted. Counts once it is confirmed."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="totp_seed")
    seed = models.BinaryField(help_text=_("Encrypted, bound to its owner."))
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    # The time step of the newest code that was taken: that code, and all before, are used up.
    last_step = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.user)


class Passkey(models.Model):
    """A WebAuthn credential: signs in by itself, or stands beside the password."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys", db_index=False)
    name = models.CharField(max_length=60)
    credential_id = models.BinaryField()
    # The attested credential data of WebAuthn level 2, 6.5.1: AAGUID, credential id, COSE public key.
    credential = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            # "Whose credential is this?", asked when somebody signs in with nothing else.
            models.UniqueConstraint(fields=["credential_id"], name="passkey_credential_unique"),
        ]
        indexes = [
            # "My passkeys", oldest first.
            models.Index(fields=["user", "created_at", "id"], name="passkey_user_idx"),
        ]

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """A code that stands in for a lost second factor, once. Only its SHA-256 is kept; it has 77 random bits."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes", db_index=False)
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # "Is this one of this person's codes?", and all of them when new ones are made.
            models.UniqueConstraint(fields=["user", "code_hash"], name="recovery_code_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {date_format(self.created_at)}"
