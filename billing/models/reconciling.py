"""What was compared with Stripe, and what differed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from nexusvpn.moments import moment_in_name


class ReconcileRun(models.Model):
    class Kind(models.TextChoices):
        EVENTS = "events", _("events that were not delivered")
        SUBSCRIPTIONS = "subscriptions", _("every live subscription")
        LEDGER = "ledger", _("balance transactions")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    # How far it came (an event's time, a balance transaction's), for the next one to go on from.
    reached = models.DateTimeField(null=True, blank=True)
    # The last subscription that was read of Stripe's list, if the next run is to go on in it.
    cursor = models.CharField(max_length=255, blank=True)
    compared = models.PositiveIntegerField(default=0)
    differences = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-started_at"]
        indexes = [
            # The last one of a kind; retention.
            models.Index(fields=["kind", "-started_at"], name="reconcilerun_newest_idx"),
        ]

    def __str__(self) -> str:
        return f"{capfirst(self.get_kind_display())}, {moment_in_name(self.started_at)}"


class Discrepancy(models.Model):
    """Something that was not as Stripe has it. Most heal themselves; the others wait for staff."""

    class Kind(models.TextChoices):
        LOST_EVENT = "lost_event", _("an event was not delivered")
        SUBSCRIPTION = "subscription", _("a subscription differed")
        CUSTOMER_DELETED = "customer_deleted", _("a customer was deleted at Stripe")
        LEDGER_MISSING = "ledger_missing", _("a movement was missing in the ledger")
        LEDGER_DIFFERS = "ledger_differs", _("a movement has another amount at Stripe")
        LEDGER_UNKNOWN = "ledger_unknown", _("the ledger has a movement that Stripe does not know")
        UNKNOWN_PRICE = "unknown_price", _("a subscription has a price that is not ours")
        UNKNOWN_CUSTOMER = "unknown_customer", _("Stripe has a customer that nobody here is")
        SURPLUS = "surplus", _("a person had two subscriptions")
        ORDER_REFUSED = "order_refused", _("Stripe refused what was decided here")
        MIRROR = "mirror", _("the copy of Stripe's objects could not be written")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    object_id = models.CharField(max_length=255)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # What we had and what Stripe has, by field; plain values, no names or addresses.
    details = models.JSONField(default=dict)
    found_at = models.DateTimeField(default=timezone.now)
    healed_at = models.DateTimeField(null=True, blank=True)
    # Staff have looked at one that cannot heal.
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-found_at", "-id"]
        verbose_name_plural = _("discrepancies")
        constraints = [
            # Found once, however often it is looked for, until it is over.
            models.UniqueConstraint(
                fields=["kind", "object_id"],
                condition=models.Q(healed_at=None, closed_at=None),
                name="discrepancy_open_once",
            ),
        ]
        indexes = [
            # The admin's list; retention.
            models.Index(fields=["-found_at", "-id"], name="discrepancy_newest_idx"),
        ]

    def __str__(self) -> str:
        return f"{capfirst(self.get_kind_display())}: {self.object_id}"
