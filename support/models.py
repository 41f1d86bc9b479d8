from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from support.errors import TicketClosed
from support.querysets import TicketMessageQuerySet, TicketQuerySet


class Ticket(models.Model):
    """A question of a customer, and where it stands: open → answered → open → … → closed."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        ANSWERED = "answered", "Answered"
        CLOSED = "closed", "Closed"

    class Priority(models.TextChoices):
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tickets", db_index=False)
    subject = models.CharField(max_length=200)
    priority = models.CharField(max_length=6, choices=Priority.choices, default=Priority.MEDIUM)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="closed", closed_at__isnull=False)
                | (~models.Q(status="closed") & models.Q(closed_at__isnull=True)),
                name="ticket_closed_has_time",
            ),
        ]
        indexes = [
            # "My tickets", the one that moved last first, page by page.
            models.Index(fields=["user", "-updated_at", "id"], name="ticket_user_updated_idx"),
            # Staff's inbox: all open (or answered) tickets, the one that waits longest first.
            models.Index(fields=["status", "updated_at"], name="ticket_status_updated_idx"),
            # Staff's list of all tickets by last movement.
            models.Index(fields=["updated_at"], name="ticket_updated_idx"),
        ]

    def __str__(self) -> str:
        return self.subject

    def mark_replied(self, *, by_staff: bool, at: datetime) -> None:
        """Somebody wrote. Call with the row locked; raises TicketClosed."""
        self._refuse_closed()
        self.status = self.Status.ANSWERED if by_staff else self.Status.OPEN
        self.updated_at = at
        self.save(update_fields=["status", "updated_at"])

    def mark_closed(self, *, at: datetime) -> None:
        """Call with the row locked; raises TicketClosed."""
        self._refuse_closed()
        self.status = self.Status.CLOSED
        self.updated_at = self.closed_at = at
        self.save(update_fields=["status", "updated_at", "closed_at"])

    def _refuse_closed(self) -> None:
        if self.status == self.Status.CLOSED:
            raise TicketClosed


class TicketMessage(models.Model):
    """One message of a thread; never edited."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages", db_index=False)
    # Empty after a member of staff's account was deleted; the answer stays.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    by_staff = models.BooleanField(default=False)
    body = models.TextField(max_length=5000)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TicketMessageQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            # A thread in its order, page by page.
            models.Index(fields=["ticket", "created_at", "id"], name="message_ticket_created_idx"),
            # Staff's list of the latest messages of all threads, and retention's "older than".
            models.Index(fields=["created_at"], name="message_created_idx"),
            # SET NULL when an author's account is deleted.
            models.Index(fields=["author"], name="message_author_idx"),
        ]

    def __str__(self) -> str:
        return f"Message {self.id}"


class IdempotencyKey(models.Model):
    """What a client called one message, so that sending it again writes no second one. Kept for a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked for.")
    # A new ticket is found by its first message. Checked at commit: the key is claimed before the message is written.
    message = models.ForeignKey(TicketMessage, on_delete=models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_unique"),
        ]
        indexes = [
            # CASCADE when a thread is deleted.
            models.Index(fields=["message"], name="idempotency_message_idx"),
            # The job that forgets old keys.
            models.Index(fields=["created_at"], name="idempotency_created_idx"),
        ]

    def __str__(self) -> str:
        return f"Key {self.pk}"
