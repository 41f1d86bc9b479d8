import sentry_sdk
from django.apps import AppConfig
from django.conf import settings


class NexusvpnConfig(AppConfig):
    name = "nexusvpn"
    verbose_name = "NexusVPN"

    def ready(self) -> None:
        from nexusvpn import checks  # noqa: F401  (registers the system checks)

        if settings.SENTRY_DSN:
            sentry_sdk.init(dsn=settings.SENTRY_DSN, release=settings.VERSION, send_default_pii=False)
