"""Invoices, payments and disputes, as Stripe last said."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.plans import PlanPrice
from billing.models.subscriptions import Subscription


class Invoice(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", _("Being made")
        OPEN = "open", _("To be paid")
        PAID = "paid", _("Paid")
        UNCOLLECTIBLE = "uncollectible", _("Given up")
        VOID = "void", _("Void")

    stripe_id = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invoices", db_index=False
    )
    subscription = models.ForeignKey(
        Subscription, null=True, blank=True, on_delete=models.PROTECT, related_name="invoices"
    )
    # What it is for, where it is for a plan: the price of its last line that is no proration.
    price = models.ForeignKey(
        PlanPrice, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16, choices=Status.choices)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(default=0)
    amount_paid_minor = models.BigIntegerField(default=0)
    amount_due_minor = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    finalized_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    # The time that it pays for: of its subscription lines, prorations included.
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    # Stripe's ids of the promotion codes that took something off it.
    promotion_codes = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    next_payment_attempt = models.DateTimeField(null=True, blank=True)
    hosted_url = models.TextField(blank=True)
    pdf_url = models.TextField(blank=True)
    synced_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "stripe_id"]
        indexes = [
            # My invoices; the page and the API.
            models.Index(fields=["user", "-created_at", "stripe_id"], name="invoice_user_newest_idx"),
            # The admin's list.
            models.Index(fields=["-created_at", "stripe_id"], name="invoice_newest_idx"),
            # What was paid in a month: reports.
            models.Index(fields=["paid_at"], condition=models.Q(paid_at__isnull=False), name="invoice_paid_idx"),
            # What a promotion code brought. Most invoices have none.
            GinIndex(
                fields=["promotion_codes"], condition=~models.Q(promotion_codes=[]), name="invoice_promotion_codes_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.number or self.stripe_id


class Payment(models.Model):
    """A charge at Stripe, successful or not."""

    class Status(models.TextChoices):
        SUCCEEDED = "succeeded", _("Paid")
        PENDING = "pending", _("Under way")
        FAILED = "failed", _("Failed")

    stripe_id = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="payments", db_index=False
    )
    invoice = models.ForeignKey(Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="payments")
    payment_intent_id = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField(default=0)
    failure_code = models.CharField(max_length=64, blank=True)
    # A card's fingerprint, hashed with our key: the same card of two people is noticed without keeping whose it is.
    card_fingerprint_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    synced_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "stripe_id"]
        indexes = [
            # A person's payments: the customer's page in the admin.
            models.Index(fields=["user", "-created_at", "stripe_id"], name="payment_user_newest_idx"),
            # The admin's list.
            models.Index(fields=["-created_at", "stripe_id"], name="payment_newest_idx"),
            # Who else paid with this card.
            models.Index(
                fields=["card_fingerprint_hash"],
                condition=~models.Q(card_fingerprint_hash=""),
                name="payment_card_idx",
            ),
            # What was paid back lately, wholly or in part: rewards for it are taken back.
            models.Index(fields=["synced_at"], condition=models.Q(refunded_minor__gt=0), name="payment_refunded_idx"),
        ]

    def __str__(self) -> str:
        return self.stripe_id

    @property
    def refundable_minor(self) -> int:
        return self.amount_minor - self.refunded_minor if self.status == self.Status.SUCCEEDED else 0


class Dispute(models.Model):
    """A payment that the customer's bank asks back. `warning_…` are questions of the bank: no money has moved."""

    # What the bank has not decided: the money is away, and may come back.
    UNDECIDED = ("needs_response", "under_review")
    LOST = "lost"

    stripe_id = models.CharField(max_length=64, primary_key=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    status = models.CharField(max_length=32)
    reason = models.CharField(max_length=64, blank=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    created_at = models.DateTimeField()
    evidence_due_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "stripe_id"]
        indexes = [
            # The admin's list.
            models.Index(fields=["-created_at", "stripe_id"], name="dispute_newest_idx"),
            # What waits for our answer, what is due first: the admin's home.
            models.Index(
                fields=["evidence_due_at"],
                condition=models.Q(status__in=("needs_response", "warning_needs_response")),
                name="dispute_due_idx",
            ),
            # What was disputed lately: rewards for it are taken back.
            models.Index(fields=["synced_at"], name="dispute_synced_idx"),
        ]

    def __str__(self) -> str:
        return self.stripe_id

    @property
    def withholds(self) -> bool:
        """Whether the payment counts as not made: it is asked back, or was given back to the bank."""
        return self.status in {*self.UNDECIDED, self.LOST}
