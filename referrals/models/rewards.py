"""Rewards and their books: what is promised, what is earned, what was spent."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from nexusvpn.moments import moment_in_name
from nexusvpn.templatetags.nexusvpn_ui import money
from referrals.models.referrals import Referral


class Reward(models.Model):
    """What one payment of a friend is worth to one of the two. Made when the payment is known, never at the sign-up."""

    class Kind(models.TextChoices):
        REFERRER = "referrer", _("for whoever brought a friend")
        FRIEND = "friend", _("for the friend")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        HELD = "held", _("Held for review")
        EARNED = "earned", _("Earned")
        CANCELLED = "cancelled", _("Cancelled")
        REFUSED = "refused", _("Refused by staff")
        TAKEN_BACK = "taken_back", _("Taken back after it was earned")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="rewards", db_index=False)
    # Who gets it.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rewards", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # 1 for the friend's first payment, 2 for the next …
    number = models.PositiveSmallIntegerField()
    # The friend's paid invoice, by its id at the payment provider.
    invoice_id = models.CharField(max_length=64)
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When it is earned, if nothing happens before.
    matures_at = models.DateTimeField()
    # Why it is held (`referrals.services.suspicion`); staff read these, the person never.
    reasons = models.JSONField(default=list, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            # One reward for a payment, whatever is delivered twice.
            models.UniqueConstraint(fields=["referral", "kind", "number"], name="reward_number_once"),
            models.UniqueConstraint(fields=["referral", "kind", "invoice_id"], name="reward_invoice_once"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="reward_amount_positive"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="reward_number_from_one"),
        ]
        indexes = [
            # My rewards, newest first, page by page.
            models.Index(fields=["user", "-created_at", "id"], name="reward_user_newest_idx"),
            # Staff's list of all.
            models.Index(fields=["-created_at", "id"], name="reward_newest_idx"),
            # What is earned now: the job.
            models.Index(fields=["matures_at"], condition=models.Q(state="pending"), name="reward_due_idx"),
            # What staff have to decide.
            models.Index(fields=["created_at"], condition=models.Q(state="held"), name="reward_held_idx"),
            # Whose payment went back: the job that looks for refunds and disputes.
            models.Index(
                fields=["invoice_id"],
                condition=models.Q(state__in=["pending", "held", "earned"]),
                name="reward_invoice_idx",
            ),
            # SET NULL when a member of staff's account is deleted.
            models.Index(
                fields=["decided_by"], condition=models.Q(decided_by__isnull=False), name="reward_decided_by_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"{money(self.amount_minor, self.currency)} {self.get_kind_display()}"


class RewardPayout(models.Model):
    """Earned money on its way to the person's balance at the payment provider, which takes it off their next invoice."""

    class State(models.TextChoices):
        ASKED = "asked", _("Under way")
        DONE = "done", _("On the balance")
        REFUSED = "refused", _("Refused by the provider")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reward_payouts", db_index=False
    )
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=7, choices=State.choices, default=State.ASKED)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    # The provider's id of the movement, or the code of its refusal.
    result = models.CharField(max_length=96, blank=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            # Nobody's money is sent twice at once.
            models.UniqueConstraint(fields=["user"], condition=models.Q(state="asked"), name="payout_one_under_way"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payout_amount_positive"),
        ]
        indexes = [
            # A person's: export, the admin's page of the person.
            models.Index(fields=["user", "-created_at", "id"], name="payout_user_newest_idx"),
            # Staff's list of all.
            models.Index(fields=["-created_at", "id"], name="payout_newest_idx"),
            # What is under way: the job.
            models.Index(fields=["created_at"], condition=models.Q(state="asked"), name="payout_asked_idx"),
        ]

    def __str__(self) -> str:
        return f"{money(self.amount_minor, self.currency)}, {moment_in_name(self.created_at)}"


class RewardEntry(models.Model):
    """One movement of a person's rewards. Append-only (a trigger refuses everything else).

    Two balances are sums of these, for each currency: what is pending, and what is available. Available is below nothing only by
    `debt` entries: what was spent before its payment went back, to be set off against later rewards.
    """

    class Kind(models.TextChoices):
        PENDING = "pending", _("reward pending")
        EARNED = "earned", _("reward earned")
        CANCELLED = "cancelled", _("reward cancelled")
        SPENT = "spent", _("sent to the balance for the next invoice")
        RETURNED = "returned", _("not accepted there, back here")
        TAKEN_BACK = "taken_back", _("taken back: the payment went back")
        DEBT = "debt", _("owed: spent, and the payment went back")
        CONVERTED = "converted", _("into the currency of the person's invoices")

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reward_entries", db_index=False
    )
    reward = models.ForeignKey(Reward, null=True, on_delete=models.PROTECT, related_name="entries")
    payout = models.ForeignKey(RewardPayout, null=True, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    pending_minor = models.BigIntegerField(default=0)
    available_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    # What it comes from, once: `reward:<id>:earned`, `payout:<id>:spent` …
    source = models.CharField(max_length=128)
    occurred_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-occurred_at", "-id"]
        verbose_name_plural = _("reward entries")
        constraints = [
            models.UniqueConstraint(fields=["source"], name="reward_entry_source_once"),
            models.CheckConstraint(
                condition=~models.Q(pending_minor=0, available_minor=0), name="reward_entry_moves_something"
            ),
            models.CheckConstraint(
                condition=models.Q(reward__isnull=False) | models.Q(payout__isnull=False) | models.Q(kind="converted"),
                name="reward_entry_has_origin",
            ),
        ]
        indexes = [
            # A person's balances and movements.
            models.Index(fields=["user", "-occurred_at", "-id"], name="reward_entry_user_idx"),
        ]

    def __str__(self) -> str:
        return f"{capfirst(self.get_kind_display())}, {moment_in_name(self.occurred_at)}"
