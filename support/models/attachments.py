"""Files that come with messages. They are rows: written with their message or not at all, and gone with it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from support.models.messages import TicketMessage


class Attachment(models.Model):
    class Kind(models.TextChoices):
        PNG = "png", _("PNG image")
        JPEG = "jpeg", _("JPEG image")
        WEBP = "webp", _("WebP image")
        TEXT = "txt", _("text")
        LOG = "log", _("log")
        PDF = "pdf", _("PDF")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(TicketMessage, on_delete=models.CASCADE, related_name="attachments", db_index=False)
    # Who sent it; empty after their account was deleted.
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # What it was called, without anything that is not a plain name.
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    # Of what is kept: images are written anew.
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When its content was deleted; the name stays in the thread.
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(size__range=(1, 5 * 1024 * 1024)), name="attachment_size"),
        ]
        indexes = [
            # The files of a page of messages.
            models.Index(fields=["message", "created_at", "id"], name="attachment_message_idx"),
            # How much one person has sent that is still there; SET NULL when their account is deleted.
            models.Index(fields=["sender", "removed_at"], name="attachment_sender_idx"),
            # What is old enough to be removed.
            models.Index(fields=["created_at"], condition=models.Q(removed_at=None), name="attachment_kept_idx"),
        ]

    def __str__(self) -> str:
        return self.name


class AttachmentContent(models.Model):
    """The bytes, encrypted (`support.encrypted`); in a table of their own, so that no list reads them."""

    attachment = models.OneToOneField(Attachment, on_delete=models.CASCADE, primary_key=True, related_name="content")
    data = models.BinaryField()

    def __str__(self) -> str:
        return str(self.attachment)
