"""The books: what moved, once, for ever."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing.models.plans import PlanPrice


class LedgerEntry(models.Model):
    """One movement. Append-only (a trigger refuses everything else). A balance is the sum of an account's entries in a currency.

    `money` is what came in and went out through Stripe: charges and won disputes count up, refunds, lost disputes and fees down.
    `credit` is what we owe a customer: credits and rewards count up, what an invoice used counts down.
    """

    class Account(models.TextChoices):
        MONEY = "money", _("money")
        CREDIT = "credit", _("credit of a customer")

    class Kind(models.TextChoices):
        CHARGE = "charge", _("charge")
        REFUND = "refund", _("refund")
        DISPUTE = "dispute", _("dispute")
        DISPUTE_REVERSAL = "dispute_reversal", _("dispute won")
        FEE = "fee", _("fee")
        CREDIT = "credit", _("credit given")
        CREDIT_USED = "credit_used", _("credit used")
        REWARD = "reward", _("reward")
        DEBT = "debt", _("debt")
        ADJUSTMENT = "adjustment", _("adjustment")

    id = models.BigAutoField(primary_key=True)
    account = models.CharField(max_length=6, choices=Account.choices)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # What it comes from: the id of Stripe's object (`ch_…`, `re_…`, `txn_…`, `cbtxn_…`), or our own.
    source = models.CharField(max_length=128)
    # Stripe's balance transaction, for the nightly comparison.
    balance_transaction_id = models.CharField(max_length=64, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="ledger_entries", db_index=False
    )
    # What was paid for, as it was then.
    price = models.ForeignKey(
        PlanPrice, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    invoice_id = models.CharField(max_length=64, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-occurred_at", "-id"]
        verbose_name_plural = _("ledger entries")
        constraints = [
            # The same movement is recorded once, however often it is told.
            models.UniqueConstraint(fields=["source", "kind"], name="ledger_source_once"),
            models.CheckConstraint(condition=~models.Q(amount_minor=0), name="ledger_amount_not_zero"),
        ]
        indexes = [
            # A customer's movements and balance.
            models.Index(fields=["user", "-occurred_at", "-id"], name="ledger_user_newest_idx"),
            # Reports by month; the export.
            models.Index(fields=["occurred_at", "id"], name="ledger_time_idx"),
            # What was written down since the last day that was added up.
            models.Index(fields=["recorded_at"], name="ledger_recorded_idx"),
            # The nightly comparison.
            models.Index(
                fields=["balance_transaction_id"],
                condition=~models.Q(balance_transaction_id=""),
                name="ledger_balance_txn_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{capfirst(self.get_kind_display())}: {self.source}"
