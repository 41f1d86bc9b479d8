"""The outbox."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class Mail(models.Model):
    """A mail that is to go out, or went: written in the transaction that has a reason for it, sent after its commit.

    Its text may hold a link that is a secret: it is encrypted, and emptied when the mail has gone.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Given up")

    # Also the left side of the Message-ID, so that a mail that is sent again is the same one to every server.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="mails", db_index=False)
    to = models.EmailField(max_length=254)
    kind = models.CharField(max_length=40, help_text=_("The folder below templates/emails."))
    subject = models.CharField(max_length=200)
    content = models.BinaryField(default=b"", help_text=_("Encrypted: the text and its HTML."))
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    # When the next attempt may begin; moved on before each, so that no two attempts run at once.
    due_at = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            # "Due and not done": what a lost job has left.
            models.Index(fields=["due_at"], condition=models.Q(state="queued"), name="mail_due_idx"),
            # Staff's list, newest first, and retention.
            models.Index(fields=["-created_at", "id"], name="mail_newest_idx"),
            # What we sent to one person: their export and their deletion, staff's panel.
            models.Index(fields=["user", "-created_at"], name="mail_user_idx"),
        ]

    def __str__(self) -> str:
        return self.subject
