from django.apps import AppConfig


class NexusvpnConfig(AppConfig):
    name = "nexusvpn"
    verbose_name = "NexusVPN"

    def ready(self) -> None:
        from nexusvpn import checks  # noqa: F401  (registers the system checks)
