"""What holds for the whole site and is changed while it runs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class SiteState(models.Model):
    """Whether the site is open, as staff have it; one row. Tunnels and the payment provider's deliveries go on meanwhile."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    maintenance = models.BooleanField(
        _("maintenance mode"),
        default=False,
        help_text=_("On: customers see that we are at work, and the API answers 503. Staff and nodes are let in."),
    )
    maintenance_note = models.CharField(
        _("what customers read"), max_length=300, blank=True, help_text=_("One or two sentences; empty: our own words.")
    )
    maintenance_until = models.DateTimeField(
        _("expected end"), null=True, blank=True, help_text=_("Shown to customers. The mode does not end by itself.")
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("site state")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="site_state_one_row")]

    def __str__(self) -> str:
        return gettext("Site")
