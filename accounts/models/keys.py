"""Keys for programs."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class ApiKey(models.Model):
    """A named key of one person for a program of theirs, good for what its scopes say. Only its SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys", db_index=False)
    name = models.CharField(max_length=60)
    # What the key begins with: enough to recognise it by, and of no use to anybody else.
    prefix = models.CharField(max_length=16)
    key_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list, help_text=_("What programs that bring the key may do."))
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            # "Whose key is this?", with every request that brings one.
            models.UniqueConstraint(fields=["key_hash"], name="api_key_hash_unique"),
            models.UniqueConstraint(fields=["user", "name"], name="api_key_name_unique"),
        ]
        indexes = [
            # "My keys", newest first.
            models.Index(fields=["user", "-created_at", "id"], name="api_key_user_idx"),
        ]

    def __str__(self) -> str:
        return self.name
