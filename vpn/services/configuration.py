"""The configuration that a customer's client needs, as they choose it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.errors import InvalidInput
from vpn.errors import LocationUnavailable, PortNotOffered, SplitNeedsAddress, SplitTooLarge
from vpn.models import NodeStatus, Server
from vpn.services.config_choices import DEFAULT_CHOICES, ConfigChoices
from vpn.services.config_notes import Given, comments_on, notes_on
from vpn.services.device_views import find_device
from vpn.services.places import Place, place_for
from vpn.wireguard.config import ClientConfig, ClientInterface, ServerPeer, render_client_config, render_endpoint
from vpn.wireguard.file_names import config_file_name
from vpn.wireguard.kill_switch import NO_HOOKS, kill_switch
from vpn.wireguard.mobileconfig import ProfileTunnel, render_profile
from vpn.wireguard.networks import Address
from vpn.wireguard.split import MAX_ROUTES, NothingTunnelled, Routes, TooManyRoutes, literal_address, plan_routes


@dataclass(frozen=True, slots=True, repr=False)
class ConfigFile:
    """A wg-quick file. The notes say in what it differs from the choices, or what a choice means; they are in the file too."""

    device_id: UUID
    text: str
    file_name: str
    notes: tuple[str, ...]
    place: Place
    endpoint: str


def configuration(
    *, user: User, device_id: UUID, choices: ConfigChoices = DEFAULT_CHOICES, private_key: str | None = None
) -> ConfigFile:
    """The wg-quick file of one of the person's devices; without the private key a placeholder line stands in its place.

    A device that has no place in the chosen location gets one. Raises NotFound, UnknownLocation, PremiumLocation,
    DeviceSuspended, LocationUnavailable, LocationFull, PortNotOffered, SplitTooLarge, SplitNeedsAddress, or InvalidInput
    for a split that leaves nothing.
    """
    device = find_device(user.pk, device_id)
    place = place_for(user=user, device_id=device_id, location_slug=choices.location)
    # At home the file has the device's name; elsewhere the location tells one from the other on the same device.
    name = device.name if place.location.slug == device.location_slug else place.location.slug
    return render_configuration(device.id, place, choices, config_file_name(name), private_key)


def render_configuration(
    device_id: UUID, place: Place, choices: ConfigChoices, file_name: str, private_key: str | None = None
) -> ConfigFile:
    """Raises LocationUnavailable, PortNotOffered, SplitTooLarge, SplitNeedsAddress or InvalidInput."""
    server = place.server
    if server.public_key is None:
        # Its node is being enrolled anew; a file without the server's key would connect to nothing.
        raise LocationUnavailable
    port = chosen_port(server, choices.port)
    dns, unreachable_dns = _dns(server, choices)
    routes = _routes(choices, dns, server.public_endpoint)
    hooks = NO_HOOKS
    if choices.kill_switch:
        by_name = literal_address(server.public_endpoint) is None
        hooks = kill_switch(choices.split, routes, dns=dns, endpoint_is_name=by_name)
    given = Given(routes, unreachable_dns, file_name)
    addresses = (f"{place.ipv4}/32", f"{place.ipv6}/128") if choices.ipv6 else (f"{place.ipv4}/32",)
    config = ClientConfig(
        interface=ClientInterface(
            private_key=private_key,
            addresses=addresses,
            dns=tuple(map(str, dns)),
            mtu=choices.mtu or server.mtu,
            hooks=hooks,
        ),
        peer=ServerPeer(
            public_key=server.public_key,
            endpoint_host=server.public_endpoint,
            endpoint_port=port,
            preshared_key=place.preshared_key,
            allowed_ips=tuple(map(str, routes.allowed)),
        ),
        comments=comments_on(choices, given),
    )
    endpoint = render_endpoint(server.public_endpoint, port)
    return ConfigFile(device_id, render_client_config(config), file_name, notes_on(choices, given), place, endpoint)


def apple_profile(file: ConfigFile, choices: ConfigChoices) -> bytes:
    """The file as a profile for the WireGuard app on iPhone, iPad or Mac. Raises InvalidInput with the kill switch on."""
    if choices.kill_switch:
        raise InvalidInput(fields={"kill_switch": [_("The kill switch is for Linux; Apple's systems do not take it.")]})
    tunnel = ProfileTunnel(
        device_id=file.device_id,
        place=file.place.location.slug,
        name=f"{settings.BRAND_NAME} {file.place.location.name}",
        endpoint=file.endpoint,
        config=file.text,
    )
    return render_profile(tunnel, choices.profile)


def profile_file_name(file: ConfigFile) -> str:
    return file.file_name.removesuffix(".conf") + ".mobileconfig"


def offered_ports(server: Server) -> list[int]:
    """The UDP ports that customers may connect to: the server's own, and those beside it that its node says it offers."""
    said = NodeStatus.objects.filter(server=server).values_list("offered_ports", flat=True).first()
    return [server.port, *sorted(set(said or ()) - {server.port})]


def chosen_port(server: Server, wanted: int | None) -> int:
    """Raises PortNotOffered, naming those that are."""
    offered = offered_ports(server)
    if wanted is not None and wanted not in offered:
        message = _("This server listens on {ports}.").format(ports=", ".join(map(str, offered)))
        raise PortNotOffered(message, fields={"port": [message]})
    return wanted or server.port


def _dns(server: Server, choices: ConfigChoices) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """The DNS servers for the file, and those of the server's own that go missing with IPv6."""
    if choices.dns is not None:
        return choices.dns, ()
    own = tuple(ipaddress.ip_address(text) for text in server.dns)
    if choices.ipv6:
        return own, ()
    return tuple(each for each in own if each.version == 4), tuple(each for each in own if each.version == 6)


def _routes(choices: ConfigChoices, dns: tuple[Address, ...], endpoint_host: str) -> Routes:
    try:
        routes = plan_routes(choices.split, dns=dns, endpoint_host=endpoint_host, ipv6=choices.ipv6)
    except NothingTunnelled:
        raise InvalidInput(fields={"split": [_("Nothing would go through the tunnel.")]}) from None
    except TooManyRoutes:
        raise SplitTooLarge(
            fields={"split": [_("It would take more than {n} routes to write.").format(n=MAX_ROUTES)]}
        ) from None
    if routes.may_loop and choices.kill_switch:
        raise SplitNeedsAddress(fields={"kill_switch": [SplitNeedsAddress.message]})
    return routes
