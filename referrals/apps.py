from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "referrals"

    def ready(self) -> None:
        from referrals import privacy, receivers  # noqa: F401  (connects the receivers)

        privacy.register()
