from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"

    def ready(self) -> None:
        from support import privacy, receivers  # noqa: F401  (connects the receivers)

        privacy.register()
