"""Subscriptions, as Stripe last said; entitlement is computed from them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.customers import StripeCustomer
from billing.models.plans import PlanPrice


class Subscription(models.Model):
    """A subscription at Stripe: its present state, written by syncs alone. What it entitles to is for `billing.standing` to say."""

    class Status(models.TextChoices):
        """Stripe's own words: https://docs.stripe.com/api/subscriptions/object#subscription_object-status"""

        INCOMPLETE = "incomplete", _("Waiting for the first payment")
        INCOMPLETE_EXPIRED = "incomplete_expired", _("Never paid")
        TRIALING = "trialing", _("Trial")
        ACTIVE = "active", _("Active")
        PAST_DUE = "past_due", _("Payment failed")
        UNPAID = "unpaid", _("Unpaid")
        PAUSED = "paused", _("Paused: no card after the trial")
        CANCELED = "canceled", _("Ended")

    class Withheld(models.TextChoices):
        """Why a subscription gives nothing although Stripe goes on with it."""

        NOT = "", _("no")
        REFUNDED = "refunded", _("the period's payment was refunded in full")
        DISPUTED = "disputed", _("a payment is disputed, or the dispute was lost")

    LIVE = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.UNPAID, Status.PAUSED)

    stripe_id = models.CharField(max_length=64, primary_key=True)
    customer = models.ForeignKey(StripeCustomer, on_delete=models.PROTECT, related_name="subscriptions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="subscriptions", db_index=False
    )
    # None where it has a price that we do not know (made by hand at Stripe): it gives nothing, and staff are told.
    price = models.ForeignKey(PlanPrice, null=True, on_delete=models.PROTECT, related_name="subscriptions")
    status = models.CharField(_("state"), max_length=20, choices=Status.choices)
    started_at = models.DateTimeField()
    trial_end = models.DateTimeField(null=True, blank=True)
    current_period_start = models.DateTimeField()
    current_period_end = models.DateTimeField()
    cancel_at_period_end = models.BooleanField(_("ends with its period"), default=False)
    # When it is to end, also where Stripe was told a date.
    cancel_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Stripe's `pause_collection`: "void" and so on; empty: payments are collected.
    pause_behavior = models.CharField(max_length=32, blank=True)
    pause_resumes_at = models.DateTimeField(null=True, blank=True)
    # A change that waits for the period's end, and Stripe's schedule that holds it.
    schedule_id = models.CharField(max_length=64, blank=True)
    next_price = models.ForeignKey(
        PlanPrice, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    next_price_at = models.DateTimeField(null=True, blank=True)
    # Derived at each sync from the invoices, payments and disputes that are stored: the end of the last period that was paid for
    # (or given as a trial); since when an invoice is missing; whether it gives nothing all the same.
    paid_until = models.DateTimeField(null=True, blank=True)
    unpaid_since = models.DateTimeField(null=True, blank=True)
    withheld = models.CharField(_("plan withheld"), max_length=10, choices=Withheld.choices, blank=True)
    # A second one beside the person's live one, which is being ended and paid back.
    is_surplus = models.BooleanField(_("second one, which is being ended"), default=False)
    # When the job that looks has to look next: an end, a step of dunning. None: at nothing but a change.
    look_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField()

    class Meta:
        constraints = [
            # One live subscription per person. `INCOMPLETE` ones may stand beside it: nobody has paid for them.
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(status__in=["trialing", "active", "past_due", "unpaid", "paused"], is_surplus=False),
                name="subscription_one_live",
            ),
        ]
        indexes = [
            # "Which subscriptions has this person?", asked whenever an entitlement is computed.
            models.Index(fields=["user", "-started_at"], name="subscription_user_idx"),
            # The admin's list.
            models.Index(fields=["-started_at", "stripe_id"], name="subscription_newest_idx"),
            # The job that looks for ends and dunning steps.
            models.Index(fields=["look_at"], condition=models.Q(look_at__isnull=False), name="subscription_look_idx"),
        ]

    def __str__(self) -> str:
        return self.stripe_id

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE

    @property
    def is_missing_payment(self) -> bool:
        """Whether Stripe is trying to collect a payment that failed, or has given that up."""
        return self.status in (self.Status.PAST_DUE, self.Status.UNPAID)
