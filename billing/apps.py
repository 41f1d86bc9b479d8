from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing import privacy, receivers  # noqa: F401  (connects the receivers)

        privacy.register()
