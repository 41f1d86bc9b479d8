"""What Stripe told us, and what followed from it once."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StripeEvent(models.Model):
    """An event that came signed. Of its body only the ids are kept: the present state is fetched, and bodies hold names and addresses."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        IGNORED = "ignored", _("Not about us")
        FAILED = "failed", _("Failed")

    stripe_id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(max_length=80)
    # What it is about, and whose: "sub_…", "cus_…"; the latter is empty where the event does not say.
    object_id = models.CharField(max_length=255)
    customer_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(help_text=_("When it happened, as Stripe says."))
    received_at = models.DateTimeField(default=timezone.now)
    # Found by the hourly search for what was not delivered.
    was_missed = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-received_at", "stripe_id"]
        indexes = [
            # What of this customer waits: the job.
            models.Index(fields=["customer_id"], condition=models.Q(state="waiting"), name="stripeevent_waiting_idx"),
            # What waits the longest: the admin's home.
            models.Index(fields=["received_at"], condition=models.Q(state="waiting"), name="stripeevent_oldest_idx"),
            # The admin's list; retention; how far the hourly search has come.
            models.Index(fields=["-received_at", "stripe_id"], name="stripeevent_newest_idx"),
            # The admin's list of failures.
            models.Index(fields=["-received_at"], condition=models.Q(state="failed"), name="stripeevent_failed_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.object_id}"


class Effect(models.Model):
    """Something that may happen once: a mail, a notice. Its key is inserted in the transaction in which it happens."""

    key = models.CharField(max_length=200, primary_key=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            # Retention.
            models.Index(fields=["created_at"], name="effect_created_idx"),
        ]

    def __str__(self) -> str:
        return self.key
