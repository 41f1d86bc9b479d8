"""What all customers are told, or some of them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nexusvpn.moments import moment_in_name


class Announcement(models.Model):
    """Shown as a banner within its period, and mailed once to each who wants such mails; to everybody or to an audience."""

    class Level(models.TextChoices):
        INFO = "info", _("Information")
        WARNING = "warning", _("Warning")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=120)
    body = models.TextField(max_length=5000, help_text=_("Markdown; HTML and images are shown as text."))
    level = models.CharField(max_length=7, choices=Level.choices, default=Level.INFO)
    # `{"plan": ["pro"], "location": ["3"]}` (`accounts.audiences`): who is in any of each kind that is named; empty: everybody.
    audience = models.JSONField(default=dict, blank=True)
    is_published = models.BooleanField(default=False)
    has_banner = models.BooleanField(_("banner"), default=True)
    has_mail = models.BooleanField(_("mail"), default=False)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Up to whom it was mailed, in the order of their ids, and when the last of them was.
    mailed_to = models.UUIDField(null=True, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
                name="announcement_ends_after_start",
            ),
        ]
        indexes = [
            # What is to be shown now: every page, by way of a short memory.
            models.Index(
                fields=["starts_at"],
                condition=models.Q(is_published=True, has_banner=True),
                name="announcement_banner_idx",
            ),
            # What is still to be mailed.
            models.Index(
                fields=["starts_at"],
                condition=models.Q(is_published=True, has_mail=True, mailed_at=None),
                name="announcement_mail_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class AnnouncementSeen(models.Model):
    """That a person put a banner away."""

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "announcement"], name="announcement_seen_once")]
        indexes = [
            # CASCADE when an announcement is deleted.
            models.Index(fields=["announcement"], name="announcement_seen_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.announcement}, {moment_in_name(self.seen_at)}"
