"""What a set-up guide says of a device: what its file holds, without either of its two secrets."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from vpn.models import IpAssignment
from vpn.services.device_views import DeviceView
from vpn.wireguard.config import render_endpoint
from vpn.wireguard.file_names import config_file_name


@dataclass(frozen=True, slots=True)
class GuideValues:
    """The lines of a device's file at home, with the default choices. `interface` is the file's name without its ending."""

    interface: str
    location: str
    ipv4: str
    ipv6: str
    dns: tuple[str, ...]
    mtu: str
    server_key: str
    endpoint_host: str
    endpoint_port: str
    endpoint: str

    @property
    def file_name(self) -> str:
        return f"{self.interface}.conf"


def placeholders() -> GuideValues:
    """For whom no device is known: words of the reader's language, each where the file has the value.

    They stand in commands too: a shell takes letters, digits and “_” for no signs of its own.
    """
    host, port = _("ENDPOINT_HOST"), _("ENDPOINT_PORT")
    return GuideValues(
        interface=_("DEVICE"),
        location=_("LOCATION"),
        ipv4=_("IPV4_ADDRESS") + "/32",
        ipv6=_("IPV6_ADDRESS") + "/128",
        dns=("DNS_SERVER",),
        mtu="MTU",
        server_key=_("SERVER_PUBLIC_KEY"),
        endpoint_host=host,
        endpoint_port=port,
        endpoint=f"{host}:{port}",
    )


def guide_values(user_id: UUID, device: DeviceView) -> GuideValues | None:
    """None where the device has no server at home now. A guide only looks: it places a device nowhere."""
    rows = IpAssignment.objects.live().filter(user_id=user_id, device_id=device.id, superseded_at=None, blocked="")
    rows = rows.filter(location__slug=device.location_slug, server__public_key__isnull=False)
    found = rows.select_related("server", "location").first()
    if found is None:
        return None
    server = found.server
    return GuideValues(
        interface=config_file_name(device.name).removesuffix(".conf"),
        location=found.location.name,
        ipv4=f"{found.ipv4}/32",
        ipv6=f"{found.ipv6}/128",
        dns=tuple(server.dns),
        mtu=str(server.mtu),
        server_key=str(server.public_key),
        endpoint_host=server.public_endpoint,
        endpoint_port=str(server.port),
        endpoint=render_endpoint(server.public_endpoint, server.port),
    )
