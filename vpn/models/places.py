"""What people prefer of our locations, and what locations cost us."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nexusvpn.moments import day_in_name, month_in_words
from vpn.models.servers import Location


class FavouriteLocation(models.Model):
    """A location that somebody wants at the top of their list."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourite_locations", db_index=False
    )
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # My favourites; and of two clicks at once one is kept.
            models.UniqueConstraint(fields=["user", "location"], name="favourite_location_once"),
        ]
        indexes = [
            # The deletion of a location.
            models.Index(fields=["location"], name="favourite_location_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.location}, {day_in_name(self.created_at)}"


class LocationCost(models.Model):
    """What a location cost in a month, as staff entered it: in minor units of its currency."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="costs", db_index=False)
    month = models.DateField(help_text=_("Its first day."))
    currency = models.CharField(max_length=3, help_text=_("ISO 4217, for example USD."))
    amount_minor = models.PositiveBigIntegerField(_("amount"), help_text=_("In minor units: 4999 is 49.99."))
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-month", "location"]
        constraints = [
            # A location's costs, and one sum for each of its months.
            models.UniqueConstraint(fields=["location", "month", "currency"], name="location_cost_once"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="location_cost_of_a_month"),
        ]
        indexes = [
            # The costs of the months that staff look at.
            models.Index(fields=["month"], name="location_cost_month_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.location}, {month_in_words(self.month)}"
