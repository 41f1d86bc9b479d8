"""Discounts, as Stripe has them. What staff make is asked of Stripe under the row's id; what is made there appears by the next look."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Standing(models.TextChoices):
    ASKED = "asked", _("Not at Stripe yet")
    LIVE = "live", _("Can be used")
    ENDING = "ending", _("Is being ended")
    ENDED = "ended", _("Cannot be used any more")
    REFUSED = "refused", _("Refused by Stripe")


# Stripe is to be asked for something.
WAITING = (Standing.ASKED, Standing.ENDING)


class Coupon(models.Model):
    """How much is taken off, and for how long. Its terms never change, as at Stripe."""

    class Duration(models.TextChoices):
        ONCE = "once", _("the next payment")
        REPEATING = "repeating", _("some months")
        FOREVER = "forever", _("as long as the subscription lives")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Stripe lets us name it: by this it is found again after an answer that was lost.
    stripe_id = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField(max_length=40, help_text=_("Customers see it on their invoice."))
    percent_off = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    amount_minor = models.PositiveIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    duration = models.CharField(max_length=9, choices=Duration.choices, default=Duration.ONCE)
    duration_months = models.PositiveSmallIntegerField(null=True, blank=True)
    max_redemptions = models.PositiveIntegerField(null=True, blank=True)
    redeem_by = models.DateTimeField(null=True, blank=True)
    standing = models.CharField(max_length=7, choices=Standing.choices, default=Standing.ASKED)
    refusal = models.CharField(max_length=200, blank=True)
    # How often it was taken up for Stripe since it was last decided.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    times_redeemed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    synced_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent_off__gt=0, percent_off__lte=100, amount_minor__isnull=True, currency="")
                | (models.Q(percent_off__isnull=True, amount_minor__gt=0) & ~models.Q(currency="")),
                name="coupon_percent_or_amount",
            ),
            models.CheckConstraint(
                condition=models.Q(duration="repeating", duration_months__gte=1)
                | (~models.Q(duration="repeating") & models.Q(duration_months__isnull=True)),
                name="coupon_months_where_repeating",
            ),
        ]
        indexes = [
            # The admin's list.
            models.Index(fields=["-created_at", "id"], name="coupon_newest_idx"),
            # What is still to be asked of Stripe, what was tried least first.
            models.Index(
                fields=["attempts", "created_at"],
                condition=models.Q(standing__in=["asked", "ending"]),
                name="coupon_asked_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PromotionCode(models.Model):
    """What customers type on the payment page to get a coupon."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stripe_id = models.CharField(max_length=64, null=True, unique=True, editable=False)
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="codes")
    code = models.CharField(max_length=40)
    max_redemptions = models.PositiveIntegerField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    first_time_only = models.BooleanField(_("only for people who have never paid"), default=False)
    minimum_minor = models.PositiveIntegerField(null=True, blank=True)
    minimum_currency = models.CharField(max_length=3, blank=True)
    # Made so at Stripe's dashboard; whose it is, is said there.
    is_personal = models.BooleanField(_("for one customer alone"), default=False, editable=False)
    standing = models.CharField(max_length=7, choices=Standing.choices, default=Standing.ASKED)
    refusal = models.CharField(max_length=200, blank=True)
    # How often it was taken up for Stripe since it was last decided.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    times_redeemed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    synced_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            # As at Stripe: of the codes that anybody can use, no two are the same; case does not matter.
            models.UniqueConstraint(
                models.functions.Upper("code"),
                condition=models.Q(standing__in=["asked", "live", "ending"], is_personal=False),
                name="promotioncode_one_of_a_code",
            ),
            models.CheckConstraint(
                condition=models.Q(minimum_minor__isnull=True, minimum_currency="")
                | (models.Q(minimum_minor__gt=0) & ~models.Q(minimum_currency="")),
                name="promotioncode_minimum_whole",
            ),
        ]
        indexes = [
            # The admin's list.
            models.Index(fields=["-created_at", "id"], name="promotioncode_newest_idx"),
            # What is still to be asked of Stripe.
            models.Index(
                fields=["attempts", "created_at"],
                condition=models.Q(standing__in=["asked", "ending"]),
                name="promotioncode_asked_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.code
