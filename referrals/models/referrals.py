from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from referrals.querysets import ReferralQuerySet


class Referral(models.Model):
    """One person brought another. Made in the transaction that makes the account; never edited."""

    referrer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="referrals_made", db_index=False
    )
    referred = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="referral")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # What was noticed at the sign-up (`services.suspicion`): the network is forgotten before a patient friend pays.
    reasons = models.JSONField(default=list, blank=True, editable=False)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(referrer=models.F("referred")), name="referral_not_of_oneself"),
        ]
        indexes = [
            # "Whom did I bring?", newest first, page by page.
            models.Index(fields=["referrer", "-created_at", "-id"], name="referral_referrer_newest_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.referrer} → {self.referred}"
