"""Who may sign up, and what an address has to prove."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class EmailToken(models.Model):
    """A secret that was mailed: whoever brings it reads that mailbox. Only its SHA-256 is kept; it works once."""

    class Purpose(models.TextChoices):
        VERIFY = "verify", _("Verify the address")
        RESET = "reset", _("Set a new password")
        CHANGE_OLD = "change_old", _("Leave the present address")
        CHANGE_NEW = "change_new", _("Take a new address")

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="email_tokens", db_index=False)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    token_hash = models.CharField(max_length=64)
    # The address that it is about: the mailbox itself or, of a change, the new one.
    email = models.EmailField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # A new one of the same purpose takes the place of the former.
            models.UniqueConstraint(fields=["user", "purpose"], name="email_token_purpose_unique"),
            # "Whose token is this?"
            models.UniqueConstraint(fields=["token_hash"], name="email_token_hash_unique"),
        ]
        indexes = [
            # Retention.
            models.Index(fields=["expires_at"], name="email_token_expiry_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.email}"


class RegistrationPolicy(models.Model):
    """Who may sign up, as staff have it; one row."""

    class Mode(models.TextChoices):
        OPEN = "open", _("Everybody")
        INVITED = "invited", _("People with an invitation")
        CLOSED = "closed", _("Nobody")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.OPEN)
    accounts_an_hour = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("New accounts an hour, of all together; empty: no such limit.")
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = _("registration policy")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="registration_policy_one_row")]

    def __str__(self) -> str:
        return gettext("Who may sign up")


class Invitation(models.Model):
    """Lets one person sign up while that is not open to everybody. Only the code's SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code_hash = models.CharField(max_length=64, editable=False)
    # If it is meant for one address, nobody else can use it.
    email = models.EmailField(max_length=254, blank=True)
    note = models.CharField(max_length=120, blank=True)
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="invitations_made", db_index=False, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, editable=False)
    used_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="invitations_used", db_index=False, editable=False
    )

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            # "Is there such an invitation?"
            models.UniqueConstraint(fields=["code_hash"], name="invitation_code_unique"),
        ]
        indexes = [
            # The deletion of an account (SET NULL).
            models.Index(fields=["created_by"], name="invitation_maker_idx"),
            models.Index(fields=["used_by"], name="invitation_user_idx"),
        ]

    def __str__(self) -> str:
        return self.note or self.email or gettext("Invitation of %(day)s") % {"day": date_format(self.created_at)}


class SignupOrigin(models.Model):
    """The network that an account was made from, for a while: many accounts from one network are looked at."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="signup_origin")
    # A /24 of IPv4 or a /48 of IPv6, never the address itself.
    network = models.CharField(max_length=43)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            # "How many came from here of late?"
            models.Index(fields=["network", "-created_at"], name="signup_network_idx"),
            # Retention; and "how many accounts in the last hour?"
            models.Index(fields=["created_at"], name="signup_time_idx"),
        ]

    def __str__(self) -> str:
        return self.network


class AbuseFlag(models.Model):
    """A reason to look at an account. Its owner sees nothing of it, and nothing happens by itself."""

    class Reason(models.TextChoices):
        NETWORK = "network", _("Many accounts from one network")
        DISPOSABLE = "disposable", _("Disposable address")

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="abuse_flags", db_index=False)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    detail = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "reason"], name="abuse_flag_unique"),
        ]
        indexes = [
            # "Which accounts are to be looked at?", newest first.
            models.Index(
                fields=["-created_at", "-id"], condition=models.Q(cleared_at__isnull=True), name="abuse_flag_open_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.detail}"
