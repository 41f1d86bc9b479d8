"""What can be had, and what staff gave. Payment fills further tables; entitlement is computed from all of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from nexusvpn.templatetags.nexusvpn_ui import money

# What the plans that come with the product say of themselves: kept as staff may change it, told in the reader's language.
STANDARD_DESCRIPTIONS = (
    gettext_noop("One device, 10 GB a month, standard locations."),
    gettext_noop("Five devices, no data limit, standard locations."),
    gettext_noop("Ten devices, no data limit, every location."),
)


class Plan(models.Model):
    """What a customer may use. `free` is what everybody has who has nothing else."""

    FREE = "free"

    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=64)
    description = models.CharField(max_length=200, blank=True)
    rank = models.PositiveSmallIntegerField(help_text=_("Higher is more; the highest plan that applies counts."))
    device_limit = models.PositiveSmallIntegerField()
    quota_bytes = models.BigIntegerField(_("quota a month"), null=True, blank=True)
    premium_locations = models.BooleanField(default=False)
    priority_support = models.BooleanField(default=False)
    trial_days = models.PositiveSmallIntegerField(
        default=0, help_text=_("Days before the first payment, for people who have never paid; 0 is none.")
    )
    stripe_product_id = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    is_offered = models.BooleanField(default=True, help_text=_("Shown to customers. Those who have it keep it."))

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["rank"], name="plan_rank_unique"),
            models.CheckConstraint(condition=models.Q(device_limit__gte=1), name="plan_device_limit_positive"),
            models.CheckConstraint(
                condition=models.Q(quota_bytes__isnull=True) | models.Q(quota_bytes__gt=0), name="plan_quota_positive"
            ),
        ]

    @property
    def told(self) -> str:
        """The description in the reader's language, where it is one that came with the product."""
        return gettext(self.description) if self.description else ""

    def __str__(self) -> str:
        return self.name


class Interval(models.TextChoices):
    MONTH = "month", _("month")
    YEAR = "year", _("year")


def an_interval(amount: str, interval: str) -> str:
    """A sum with how often it is paid: "$4.99" → "$4.99 a month"."""
    text = gettext("{amount} a year") if interval == Interval.YEAR else gettext("{amount} a month")
    return text.format(amount=amount)


class PlanPrice(models.Model):
    """What a plan costs for an interval, in one currency. Another amount is another row; who has the former keeps it."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="prices", db_index=False)
    interval = models.CharField(max_length=5, choices=Interval.choices)
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True, help_text=_("Offered to those who buy now."))
    # Empty until `push_catalogue` has made or matched it.
    stripe_price_id = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["plan", "currency", "interval", "-created_at"]
        constraints = [
            # Also serves "what does this plan cost now".
            models.UniqueConstraint(
                fields=["plan", "interval", "currency"],
                condition=models.Q(is_current=True),
                name="planprice_one_current",
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="planprice_amount_positive"),
            models.CheckConstraint(condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="planprice_currency_code"),
            models.CheckConstraint(condition=models.Q(interval__in=Interval.values), name="planprice_interval_known"),
        ]
        indexes = [
            # All prices that a plan ever had: the admin, and deleting nothing that is referred to.
            models.Index(fields=["plan"], name="planprice_plan_idx"),
        ]

    def __str__(self) -> str:
        """With its plan, which lists load beside it."""
        return f"{self.plan}, {self._rate}"

    @property
    def in_words(self) -> str:
        """By its plan's code, for whoever runs commands and reads what they did."""
        return f"{self.plan.code}: {self._rate}"

    @property
    def _rate(self) -> str:
        return an_interval(money(self.amount_minor, self.currency), self.interval)


class PlanGrant(models.Model):
    """A plan given by staff, with its reason, for a time. Ended by its date or by `revoked_at`, never edited or deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="plan_grants", db_index=False
    )
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="grants")
    reason = models.CharField(max_length=200)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="grants_given", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    valid_until = models.DateTimeField(null=True, blank=True, help_text=_("Empty: until revoked."))
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Whether everybody who needs to know has been told that its date has come.
    end_noticed = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            # The job that finds grants whose date has come.
            models.Index(
                fields=["valid_until"],
                condition=models.Q(end_noticed=False, valid_until__isnull=False),
                name="plangrant_ending_idx",
            ),
            # "Which grants has this person?", asked whenever an entitlement is computed.
            models.Index(fields=["user", "-created_at"], name="plangrant_user_idx"),
        ]

    def __str__(self) -> str:
        return gettext("%(plan)s for %(user)s") % {"plan": self.plan, "user": self.user}
