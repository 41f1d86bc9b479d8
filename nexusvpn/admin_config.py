"""The admin as an installed app. Its own module: it is imported before there are models, and the site needs them."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.contrib.admin.apps import SimpleAdminConfig
from django.utils.module_loading import module_has_submodule

# dj-stripe's shows API keys and changes things at Stripe without a service or the audit log: billing's own stands in its place.
WITHOUT_ADMIN = {"djstripe"}


class StaffAdminConfig(SimpleAdminConfig):
    """Named in INSTALLED_APPS instead of `django.contrib.admin`."""

    default_site = "nexusvpn.admin_site.StaffSite"

    def ready(self) -> None:
        super().ready()
        # Before the apps: what concerns the whole site stands first on the page of settings.
        import_module("nexusvpn.maintenance_admin")
        for config in apps.get_app_configs():
            if config.label not in WITHOUT_ADMIN and module_has_submodule(config.module, "admin"):
                import_module(f"{config.name}.admin")
        # After every app has registered its models: the jobs' own admin shows what mails say.
        from nexusvpn import jobs_admin
        from nexusvpn.admin_icons import name_icons

        name_icons()
        jobs_admin.replace_registration()
