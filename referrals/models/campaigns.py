"""Campaigns: how many came by a link of ours, signed up and paid. Counted here, by a parameter of our own addresses, by nobody else."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from nexusvpn.moments import day_in_name, moment_in_name
from nexusvpn.templatetags.nexusvpn_ui import NO_BREAK

SLUG = r"^[a-z0-9][a-z0-9-]{1,39}$"


class Campaign(models.Model):
    """What an address with `?c=<slug>` belongs to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(
        max_length=40,
        validators=[RegexValidator(SLUG, _("Small letters, digits and hyphens, 2 to 40 of them."))],
        help_text=_("What stands in the address: /?c=…"),
    )
    name = models.CharField(max_length=120)
    note = models.TextField(max_length=2000, blank=True)
    is_open = models.BooleanField(_("counted"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="campaign_slug_unique"),
            models.CheckConstraint(condition=models.Q(slug__regex=SLUG), name="campaign_slug_shape"),
        ]

    def __str__(self) -> str:
        return self.name


class CampaignDay(models.Model):
    """How many browsers came by a campaign's link on a day (UTC); one that comes again is counted once while it keeps its cookie."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    visits = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-day", "id"]
        constraints = [models.UniqueConstraint(fields=["campaign", "day"], name="campaign_day_unique")]

    def __str__(self) -> str:
        visits = ngettext("%(visits)s visit", "%(visits)s visits", self.visits) % {"visits": self.visits}
        return f"{day_in_name(self.day)}: {visits.replace(' ', NO_BREAK)}"


LEADS_TO_SOMEBODY = models.Q(user__isnull=False) | ~models.Q(invoice_id="")


class CampaignSignup(models.Model):
    """That an account was made by who came by a campaign, and what they first paid. After a while it is nobody's, and still counts."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="signups", db_index=False)
    # Empty once the account is erased, or its time is over (`CAMPAIGN_SIGNUPS_KEPT_DAYS`).
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="campaign_signup"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    paid_at = models.DateTimeField(null=True, blank=True)
    invoice_id = models.CharField(max_length=64, blank=True)
    paid_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(paid_at__isnull=True, paid_minor__isnull=True)
                | models.Q(paid_at__isnull=False, paid_minor__isnull=False),
                name="campaign_signup_paid_whole",
            ),
        ]
        indexes = [
            # A campaign's sign-ups and payments, by time.
            models.Index(fields=["campaign", "-created_at", "id"], name="campaign_signup_newest_idx"),
            # Retention: what still leads to a person.
            models.Index(fields=["created_at"], condition=LEADS_TO_SOMEBODY, name="campaign_signup_named_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign}, {moment_in_name(self.created_at)}"
