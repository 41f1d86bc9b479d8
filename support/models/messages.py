"""What is written in threads."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nexusvpn.moments import moment_in_name
from support.models.tickets import Ticket
from support.querysets import TicketMessageQuerySet


class TicketMessage(models.Model):
    """One message of a thread; never edited."""

    class Via(models.TextChoices):
        WEB = "web", _("web")
        API = "api", _("API")
        MAIL = "mail", _("mail")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages", db_index=False)
    # Empty after a member of staff's account was deleted; the answer stays.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    by_staff = models.BooleanField(default=False)
    # For staff alone; it neither answers nor moves anything.
    is_note = models.BooleanField(default=False)
    via = models.CharField(max_length=4, choices=Via.choices, default=Via.WEB)
    body = models.TextField(max_length=5000)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TicketMessageQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_note=False) | models.Q(by_staff=True), name="message_note_is_ours"
            ),
        ]
        indexes = [
            # A thread in its order, page by page.
            models.Index(fields=["ticket", "created_at", "id"], name="message_ticket_created_idx"),
            # Staff's list of the latest messages of all threads, and retention's "older than".
            models.Index(fields=["created_at"], name="message_created_idx"),
            # SET NULL when an author's account is deleted.
            models.Index(fields=["author"], name="message_author_idx"),
        ]

    def __str__(self) -> str:
        writer = gettext("Staff") if self.by_staff else gettext("Customer")
        return f"{writer}, {moment_in_name(self.created_at)}"


class IdempotencyKey(models.Model):
    """What a client called one message, so that sending it again writes no second one. Kept for a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64, help_text=_("SHA-256 of what was asked for."))
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
        return moment_in_name(self.created_at)
