"""What plans allow, on the admin's page of settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from billing.admin.plans import quota_in_words
from billing.models import Plan
from nexusvpn.admin_settings import Section
from nexusvpn.languages import lazy as _


def _plans() -> Sequence[Sequence[Any]]:
    return [
        (
            format_html('<a href="{}">{}</a>', reverse("admin:billing_plan_change", args=[plan.pk]), plan.name),
            quota_in_words(plan.quota_bytes),
            plan.device_limit,
        )
        for plan in Plan.objects.order_by("rank")
    ]


admin.site.sections.append(  # type: ignore[attr-defined]
    Section(
        slug="plans",
        title=_("Quotas and device limits"),
        note=_("A plan's own page changes them. Everybody who has the plan is settled anew, within minutes."),
        see="billing.view_plan",
        headings=(_("Plan"), _("Data a month"), _("Devices")),
        rows=_plans,
        links=((_("All plans"), "admin:billing_plan_changelist"),),
    )
)
