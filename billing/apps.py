from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        # Connects the receivers, and registers the tasks that are in no module named `tasks`.
        from billing import audiences, encrypted, office_tasks, privacy, receivers  # noqa: F401

        audiences.register()
        privacy.register()
        encrypted.register()
