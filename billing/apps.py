from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = pgettext_lazy("app", "Billing")

    def ready(self) -> None:
        # Connects the receivers, and registers the tasks that are in no module named `tasks`.
        from billing import audiences, encrypted, office_tasks, privacy, receivers  # noqa: F401

        audiences.register()
        privacy.register()
        encrypted.register()
