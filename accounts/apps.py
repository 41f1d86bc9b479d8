from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = pgettext_lazy("app", "Accounts")

    def ready(self) -> None:
        from accounts import encrypted, receivers, stored  # noqa: F401  (connects the receivers)

        stored.register()
        encrypted.register()
