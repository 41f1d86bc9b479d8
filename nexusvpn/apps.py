import sentry_sdk
from django.apps import AppConfig
from django.conf import settings

from nexusvpn.names import translate_names


class NexusvpnConfig(AppConfig):
    name = "nexusvpn"
    verbose_name = settings.BRAND_NAME

    def ready(self) -> None:
        from nexusvpn import checks  # noqa: F401  (registers the system checks)
        from nexusvpn.brand import brand

        # A name, logo or colour that cannot be shown refuses to start.
        brand()

        translate_names()

        if settings.SENTRY_DSN:
            sentry_sdk.init(dsn=settings.SENTRY_DSN, release=settings.VERSION, send_default_pii=False)
