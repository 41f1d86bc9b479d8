"""What bringing a friend is worth, as staff have it."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ReferralProgramme(models.Model):
    """The rules of rewards; one row. A reward keeps the amount and the date that held when it was made."""

    class Mode(models.TextChoices):
        FIRST = "first", _("The friend's first payment")
        EVERY = "every", _("Every payment of the friend's first months")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    # Staff open it: no version gives money by being installed.
    is_open = models.BooleanField(_("rewards are given"), default=False)
    mode = models.CharField(max_length=5, choices=Mode.choices, default=Mode.FIRST)
    months = models.PositiveSmallIntegerField(
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text=_("With every payment: for so many months from the friend's first one."),
    )
    # As long as a payment may be asked back, or longer: what is spent is hard to get back.
    refund_days = models.PositiveSmallIntegerField(
        _("refund window"), default=30, help_text=_("For so many days customers may ask for their money back.")
    )
    hold_days = models.PositiveSmallIntegerField(
        default=30, help_text=_("A reward is earned so many days after the payment; not fewer than the refund window.")
    )
    network_limit = models.PositiveSmallIntegerField(
        default=3, help_text=_("Friends from one network within 30 days; rewards for those beyond are held for review.")
    )
    changed_at = models.DateTimeField(auto_now=True)
    # How far the job has come that looks for payments which went back (`services.maturing`).
    undone_until = models.DateTimeField(null=True, editable=False)
    # Up to whom the job has come that sends what is available (`services.payouts`); it goes round.
    paid_up_to = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name_plural = _("referral programme")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="programme_one_row"),
            models.CheckConstraint(
                condition=models.Q(hold_days__gte=models.F("refund_days")), name="programme_hold_covers_refunds"
            ),
            models.CheckConstraint(condition=models.Q(months__range=(1, 60)), name="programme_months"),
        ]

    def __str__(self) -> str:
        return gettext("Referral programme")


class RewardAmount(models.Model):
    """What a reward is in one currency. Rewards are given in the currencies that have a row."""

    currency = models.CharField(max_length=3, primary_key=True)
    referrer_minor = models.PositiveIntegerField(_("for the referrer"))
    friend_minor = models.PositiveIntegerField(_("for the friend"))
    # Else a friend who pays next to nothing with a coupon, or has most of it paid back, is worth as much as another.
    minimum_minor = models.PositiveIntegerField(_("least payment"))

    class Meta:
        ordering = ["currency"]
        constraints = [
            models.CheckConstraint(condition=models.Q(currency__regex="^[A-Z]{3}$"), name="reward_amount_currency"),
        ]

    def __str__(self) -> str:
        return self.currency
