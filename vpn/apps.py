from django.apps import AppConfig


class VpnConfig(AppConfig):
    name = "vpn"
    verbose_name = "VPN"

    def ready(self) -> None:
        from vpn import privacy, receivers  # noqa: F401  (connects the receivers)

        privacy.register()
