"""Who somebody is at Stripe."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class StripeCustomer(models.Model):
    """A customer at Stripe; its row is what syncs lock. A person has one ever, unless somebody deletes it there."""

    stripe_id = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="stripe_customers", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # As Stripe last said. A customer has one currency from their first purchase on.
    currency = models.CharField(max_length=3, blank=True)
    # What Stripe takes off the next invoice (negative: owed to the customer), in `currency`.
    balance_minor = models.BigIntegerField(default=0)
    card_brand = models.CharField(max_length=32, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    card_exp_month = models.PositiveSmallIntegerField(null=True, blank=True)
    card_exp_year = models.PositiveSmallIntegerField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    # When everything of this customer was last compared with Stripe.
    compared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(deleted_at=None), name="stripecustomer_one_per_person"
            ),
        ]
        indexes = [
            # A person's customers, deleted ones too: erasure, the admin.
            models.Index(fields=["user"], name="stripecustomer_user_idx"),
            # Whom the daily comparison has next.
            models.Index(fields=["compared_at"], name="stripecustomer_compared_idx"),
        ]

    def __str__(self) -> str:
        return self.stripe_id

    @property
    def credit_minor(self) -> int:
        """What is taken off the next invoices."""
        return max(0, -self.balance_minor)
