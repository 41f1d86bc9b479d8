from django.apps import AppConfig


class VpnConfig(AppConfig):
    name = "vpn"
    verbose_name = "VPN"

    def ready(self) -> None:
        from accounts.belongings import register_belongings
        from billing.plan_effects import register_effects
        from vpn import audiences, privacy, receivers  # noqa: F401  (connects the receivers)
        from vpn.services.device_views import names_of_devices
        from vpn.services.kept_devices import effects_of_plan

        audiences.register()
        privacy.register()
        register_effects(effects_of_plan)
        register_belongings("device", names_of_devices)
