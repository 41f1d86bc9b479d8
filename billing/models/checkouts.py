"""What we ask of Stripe.

The rows are made before the request, and their ids are its idempotency keys: after a kill the same request is made again.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing.models.plans import PlanPrice
from nexusvpn.moments import moment_in_name


class CheckoutSession(models.Model):
    """Stripe's page on which somebody buys. A person has one that is not over."""

    class State(models.TextChoices):
        ASKED = "asked", _("Asked for")
        OPEN = "open", _("Open")
        COMPLETE = "complete", _("Paid")
        EXPIRED = "expired", _("Over")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="checkouts", db_index=False
    )
    price = models.ForeignKey(PlanPrice, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    # Exactly what was asked of Stripe, so that it can be asked again.
    parameters = models.JSONField(default=dict)
    stripe_id = models.CharField(max_length=96, null=True, blank=True, unique=True)
    url = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # One page at a time, so that nobody pays twice.
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(state__in=["asked", "open"]), name="checkout_one_open"
            ),
        ]
        indexes = [
            # A person's checkouts: export, erasure.
            models.Index(fields=["user", "-created_at"], name="checkout_user_idx"),
            # Retention.
            models.Index(fields=["created_at"], name="checkout_created_idx"),
        ]

    def __str__(self) -> str:
        return f"{moment_in_name(self.created_at)}: {self.get_state_display()}"


class StripeOrder(models.Model):
    """Any other request that changes something at Stripe, from its decision to its answer."""

    class Purpose(models.TextChoices):
        CUSTOMER = "customer", _("make the customer")
        CHANGE = "change", _("change the plan")
        SCHEDULE = "schedule", _("change the plan at the period's end")
        UNSCHEDULE = "unschedule", _("take back such a change")
        CANCEL = "cancel", _("end at the period's end")
        RESUME = "resume", _("take that back")
        PAUSE = "pause", _("pause")
        UNPAUSE = "unpause", _("end the pause")
        END = "end", _("end at once")
        REFUND = "refund", _("refund the payment")
        ADDRESS = "address", _("change the customer's address or language")
        CREDIT = "credit", _("add to the customer's credit")
        DELETE_CUSTOMER = "delete_customer", _("delete the customer")

    class State(models.TextChoices):
        OPEN = "open", _("To be done")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused by Stripe")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="stripe_orders", db_index=False
    )
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    # What it is about (an id at Stripe); of one purpose and subject one is open at a time.
    subject = models.CharField(max_length=160, blank=True)
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    # The id of what Stripe made, or its code where it refused.
    result = models.CharField(max_length=96, blank=True)
    # Finished by a job where whoever asked is gone: decisions of staff and of the service itself.
    is_durable = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "purpose", "subject"],
                condition=models.Q(state="open"),
                name="stripeorder_one_open",
            ),
        ]
        indexes = [
            # The job that finishes what was begun.
            models.Index(fields=["created_at"], condition=models.Q(state="open"), name="stripeorder_open_idx"),
            # A person's orders: the admin, export.
            models.Index(fields=["user", "-created_at"], name="stripeorder_user_idx"),
            # Retention.
            models.Index(fields=["created_at"], name="stripeorder_created_idx"),
        ]

    def __str__(self) -> str:
        return f"{capfirst(self.get_purpose_display())}: {self.subject} ({self.get_state_display()})"
