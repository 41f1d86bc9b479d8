"""Who may sign up, on the admin's page of settings."""

from __future__ import annotations

from django.contrib import admin

from accounts.models import RegistrationPolicy
from nexusvpn.admin_settings import only_row
from nexusvpn.languages import lazy as _

admin.site.sections.append(  # type: ignore[attr-defined]
    only_row(
        "registration",
        _("Registration"),
        _("Who may sign up. Invitations work in the first two modes; those who have an account always get in."),
        RegistrationPolicy,
    )
)
