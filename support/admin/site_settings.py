"""What the environment says of support and of what is kept, on the admin's page of settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext

from nexusvpn.admin_settings import Section
from nexusvpn.languages import lazy as _


def _environment() -> Sequence[Sequence[Any]]:
    return [
        (gettext("Name of the site"), settings.BRAND_NAME, "BRAND_NAME"),
        (gettext("Address of the site"), settings.SITE_URL, "SITE_URL"),
        (gettext("Support hours"), settings.SUPPORT_HOURS, "SUPPORT_HOURS"),
        (gettext("Time zone of support"), settings.SUPPORT_TIME_ZONE, "SUPPORT_TIME_ZONE"),
        (gettext("Grace after a failed payment, days"), settings.DUNNING_GRACE_DAYS, "DUNNING_GRACE_DAYS"),
        (gettext("Grace before an account is erased, days"), settings.DELETION_GRACE_DAYS, "DELETION_GRACE_DAYS"),
        (gettext("Audit log kept, days"), settings.AUDIT_KEPT_DAYS, "AUDIT_KEPT_DAYS"),
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
