"""What people may have of us: everything that we hold about them."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class DataExport(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports", db_index=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    content = models.BinaryField(default=b"", help_text=_("Encrypted and compressed JSON; emptied when it expires."))
    created_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            # Two requests at once make one.
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(state="queued"), name="data_export_one_at_a_time"
            ),
        ]
        indexes = [
            # "My exports", newest first.
            models.Index(fields=["user", "-created_at"], name="data_export_user_idx"),
            # The job that forgets them.
            models.Index(fields=["expires_at"], name="data_export_expiry_idx"),
        ]

    def __str__(self) -> str:
        return gettext("Export of %(day)s") % {"day": date_format(self.created_at)}
