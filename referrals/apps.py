from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class ReferralsConfig(AppConfig):
    name = "referrals"
    verbose_name = pgettext_lazy("app", "Referrals")

    def ready(self) -> None:
        from accounts.arrivals import register_promise
        from accounts.belongings import register_credit
        from referrals import credit_lines, privacy, receivers, words  # noqa: F401  (connects the receivers)

        privacy.register()
        register_promise(words.promise)
        register_credit(credit_lines.credit_lines)
