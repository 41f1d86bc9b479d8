"""Gift codes: a plan for some days, for whoever has the code."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.models.plans import Plan, PlanGrant


class GiftBatch(models.Model):
    name = models.CharField(max_length=100)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+", db_index=False)
    days = models.PositiveSmallIntegerField()
    expires_at = models.DateTimeField(null=True, blank=True, help_text=_("The last moment to redeem; empty: none."))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = _("gift batches")
        constraints = [
            models.CheckConstraint(condition=models.Q(days__gte=1), name="giftbatch_days_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class GiftCode(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(GiftBatch, on_delete=models.PROTECT, related_name="codes")
    code_hash = models.BinaryField(max_length=32, unique=True)
    # For the batch's export; emptied when the code is redeemed or revoked.
    code = models.BinaryField(blank=True)
    # Its last group, by which staff tell it from others of its batch; what is left is still too long to be guessed.
    tail = models.CharField(_("ends in"), max_length=4, blank=True, default="", db_default="", editable=False)
    redeemed_at = models.DateTimeField(null=True, blank=True)
    redeemed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="gift_codes"
    )
    grant = models.OneToOneField(PlanGrant, null=True, blank=True, on_delete=models.PROTECT, related_name="gift_code")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(redeemed_at=None) | models.Q(revoked_at=None), name="giftcode_one_end"
            ),
        ]

    def __str__(self) -> str:
        # Of codes that were made before it was kept, the end is not known.
        text = gettext("Code …%(tail)s of batch %(batch)s") if self.tail else gettext("Code of batch %(batch)s")
        return text % {"tail": self.tail, "batch": self.batch}
