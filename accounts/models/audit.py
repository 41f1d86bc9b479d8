"""Who did what, to what, from where."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.acts import in_words
from nexusvpn.moments import moment_in_name


class AuditEvent(models.Model):
    """One act. The database itself refuses to change a row, and to delete one before its time (a trigger): only the
    address may be emptied, when the person's account is erased.

    People are named by their id without a foreign key: what is written stays as it is when an account is erased,
    and names nobody then.
    """

    class ActorKind(models.TextChoices):
        PERSON = "person", _("The person")
        STAFF = "staff", _("Staff")
        NODE = "node", _("A node")
        SYSTEM = "system", _("The service")

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, editable=False)
    actor_kind = models.CharField(max_length=8, choices=ActorKind.choices)
    actor_id = models.UUIDField(null=True)
    # Whom it is about: they see it in their settings.
    person_id = models.UUIDField(null=True)
    action = models.CharField(max_length=60, help_text=_("A stable code, such as `password_changed`."))
    target_type = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=128, blank=True)
    # {"field": [before, after]} of staff's writes, or what else belongs to the act; never a secret.
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            # "What happened to my account?", newest first.
            models.Index(fields=["person_id", "-at", "-id"], name="audit_person_idx"),
            # "What did this member of staff do?"
            models.Index(fields=["actor_id", "-at", "-id"], name="audit_actor_idx"),
            # "What was done to this?"
            models.Index(fields=["target_type", "target_id", "-at"], name="audit_target_idx"),
            # Staff's list of everything, and retention.
            models.Index(fields=["-at", "-id"], name="audit_time_idx"),
        ]

    def __str__(self) -> str:
        return f"{in_words(self.action)}, {moment_in_name(self.at)}"
