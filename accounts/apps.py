from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import encrypted, receivers, stored  # noqa: F401  (connects the receivers)

        stored.register()
        encrypted.register()
