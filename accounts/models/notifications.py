"""What people are told, and which of it also by mail."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class Notification(models.Model):
    class Kind(models.TextChoices):
        SECURITY = "security", _("Security of your account")
        DEVICES = "devices", _("Your devices and their servers")
        USAGE = "usage", _("Usage and quota")
        BILLING = "billing", _("Payments and plan")
        SUPPORT = "support", _("Answers to your tickets")
        NEWS = "news", _("News of the service")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(max_length=120)
    text = models.CharField(max_length=500, blank=True)
    # A path of ours, or nothing.
    link = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            # "What is new?", newest first, page by page.
            models.Index(fields=["user", "-created_at", "id"], name="notification_user_idx"),
            # The number beside the bell, on every page.
            models.Index(fields=["user"], condition=models.Q(read_at__isnull=True), name="notification_unread_idx"),
            # Retention.
            models.Index(fields=["created_at"], name="notification_time_idx"),
        ]

    def __str__(self) -> str:
        return self.title


class MailChoice(models.Model):
    """That a person wants no mail of a kind, or does. Without a row: they do. Security mails cannot be switched off."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mail_choices", db_index=False)
    kind = models.CharField(max_length=10, choices=Notification.Kind.choices)
    wanted = models.BooleanField()

    class Meta:
        constraints = [
            # "Does this person want mails of this kind?"
            models.UniqueConstraint(fields=["user", "kind"], name="mail_choice_unique"),
            models.CheckConstraint(
                condition=~models.Q(kind="security") | models.Q(wanted=True), name="mail_choice_security"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {gettext('Yes') if self.wanted else gettext('No')}"
