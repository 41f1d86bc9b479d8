"""What is kept of counting people: sums, and nobody's name."""

from __future__ import annotations

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _


class PeopleDay(models.Model):
    """How many accounts were made, and how many erased, on a UTC day that is over, staff's among them. A day without either has no row.

    Neither changes any more: both times are written once, when it happens, and no account's row is ever deleted.
    """

    day = models.DateField()
    joined = models.PositiveIntegerField()
    erased = models.PositiveIntegerField()

    class Meta:
        ordering = ["-day"]
        verbose_name = _("day of accounts")
        verbose_name_plural = _("days of accounts")
        constraints = [
            # Two jobs at once count a day once. Also the query of the last one that was counted.
            models.UniqueConstraint(fields=["day"], name="people_day_once"),
        ]

    def __str__(self) -> str:
        return date_format(self.day)
