from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import pgettext_lazy


class SupportConfig(AppConfig):
    name = "support"
    verbose_name = pgettext_lazy("app", "Support")

    def ready(self) -> None:
        from support import encrypted, privacy, receivers  # noqa: F401  (connects the receivers)
        from support.services.clocks import support_hours

        encrypted.register()
        privacy.register()
        try:
            support_hours()
        except ValueError as error:
            raise ImproperlyConfigured(f"SUPPORT_HOURS or SUPPORT_TIME_ZONE cannot be read: {error}") from None
