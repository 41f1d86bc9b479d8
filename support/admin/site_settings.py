"""What the environment says of support and of what is kept, on the admin's page of settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from nexusvpn.admin_settings import Section


def _environment() -> Sequence[Sequence[Any]]:
    return [
        (now("Name of the site"), settings.BRAND_NAME, "BRAND_NAME"),
        (now("Address of the site"), settings.SITE_URL, "SITE_URL"),
        (now("Support hours"), settings.SUPPORT_HOURS, "SUPPORT_HOURS"),
        (now("Time zone of support"), settings.SUPPORT_TIME_ZONE, "SUPPORT_TIME_ZONE"),
        (now("Grace after a failed payment, days"), settings.DUNNING_GRACE_DAYS, "DUNNING_GRACE_DAYS"),
        (now("Grace before an account is erased, days"), settings.DELETION_GRACE_DAYS, "DELETION_GRACE_DAYS"),
        (now("Audit log kept, days"), settings.AUDIT_KEPT_DAYS, "AUDIT_KEPT_DAYS"),
    ]


admin.site.sections.append(  # type: ignore[attr-defined]
    Section(
        slug="environment",
        title=_("From the environment"),
        note=_("These are read when the service starts, and changed where it runs."),
        see="support.view_servicelevel",
        headings=(_("What"), _("Value"), _("Variable")),
        rows=_environment,
    )
)
