"""What staff answer with, and how soon: prepared answers and service levels."""

from __future__ import annotations

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.models import Plan
from support.models.tickets import Ticket


class ServiceLevel(models.Model):
    """How soon tickets of a plan and priority are answered and resolved, in working minutes (`SUPPORT_HOURS`)."""

    # A plan's code; empty: every plan that has no row of its own.
    plan = models.CharField(max_length=32, blank=True, help_text=_("A plan's code; empty: all others."))
    priority = models.CharField(max_length=6, choices=Ticket.Priority.choices)
    answer_minutes = models.PositiveIntegerField(_("first answer within"))
    resolution_minutes = models.PositiveIntegerField(_("resolved within"))

    class Meta:
        ordering = ["plan", "priority"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "priority"], name="service_level_unique"),
            models.CheckConstraint(
                condition=models.Q(answer_minutes__gte=1, resolution_minutes__gte=models.F("answer_minutes")),
                name="service_level_in_order",
            ),
        ]

    def __str__(self) -> str:
        plan = self.plan_name or gettext("All others")
        return f"{plan}, {self.get_priority_display()}"

    @cached_property
    def plan_name(self) -> str:
        """What the plan is called; lists read it with their rows. A plan that is gone is called by its code."""
        return Plan.objects.filter(code=self.plan).values_list("name", flat=True).first() or self.plan


class CannedReply(models.Model):
    """A prepared answer. `{name}`, `{plan}` … stand for what is known of the ticket (`support.services.canned`)."""

    title = models.CharField(max_length=120)
    body = models.TextField(max_length=5000)
    category = models.CharField(max_length=10, choices=Ticket.Category.choices, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["title", "id"]
        verbose_name_plural = _("canned replies")
        constraints = [models.UniqueConstraint(fields=["title"], name="canned_reply_title_unique")]

    def __str__(self) -> str:
        return self.title
