"""The admin as an installed app. Its own module: it is imported before there are models, and the site needs them."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Named in INSTALLED_APPS instead of `django.contrib.admin`."""

    default_site = "nexusvpn.admin_site.StaffSite"

    def ready(self) -> None:
        super().ready()
        # After every app has registered its models: the jobs' own admin shows what mails say.
        from nexusvpn import jobs_admin

        jobs_admin.replace_registration()
