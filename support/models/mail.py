"""Mails that came in."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from nexusvpn.moments import moment_in_name
from support.models.messages import TicketMessage


class InboundMail(models.Model):
    """That a mail was read, and what became of it; not its text. One that comes twice is known by its fingerprint."""

    class State(models.TextChoices):
        WRITTEN = "written", _("In its thread")
        IGNORED = "ignored", _("An automatic answer, or one of ours")
        REFUSED = "refused", _("Not accepted")

    id = models.BigAutoField(primary_key=True)
    # SHA-256 of its sender, the ticket that its token names, and its Message-ID or else all of it: nobody can take another's place.
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices)
    # A code: `auto_reply`, `loop`, `bad_token`, `other_sender`, `ticket_closed` …
    reason = models.CharField(max_length=40, blank=True)
    message = models.ForeignKey(TicketMessage, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["fingerprint"], name="inbound_mail_once")]
        indexes = [
            # The admin's list; retention.
            models.Index(fields=["received_at"], name="inbound_mail_time_idx"),
            # CASCADE when a thread is deleted.
            models.Index(
                fields=["message"], condition=models.Q(message__isnull=False), name="inbound_mail_message_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"{capfirst(self.get_state_display())}, {moment_in_name(self.received_at)}"
