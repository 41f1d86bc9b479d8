"""Configuration profiles that install a tunnel in the WireGuard app on Apple's systems.

The keys are those of https://github.com/WireGuard/wireguard-apple/blob/master/MOBILECONFIG.md and, for connecting by
itself, of Apple's VPN payload. The rules have the exact shapes that the app writes itself (ActivateOnDemandOption.swift):
it shows any other as switched off.
"""

import plistlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

from vpn.wireguard.config import PRIVATE_KEY_PLACEHOLDER

MEDIA_TYPE: Final = "application/x-apple-aspen-config"
# Stands for the private key in a profile that is made without it.
PRIVATE_KEY_MARK: Final = "{{PRIVATE_KEY}}"


class Platform(StrEnum):
    """The app's edition, and with it what there is beside Wi-Fi: mobile data, or Ethernet."""

    IOS = "ios"
    MACOS = "macos"


class OnDemand(StrEnum):
    """Where the tunnel connects by itself."""

    OFF = "off"
    WIFI = "wifi"
    NOT_WIFI = "not_wifi"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """`trusted_wifi` are names of Wi-Fi networks on which the tunnel does not connect, and disconnects."""

    platform: Platform = Platform.IOS
    on_demand: OnDemand = OnDemand.OFF
    trusted_wifi: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileTunnel:
    """What goes into a profile. `config` is a wg-quick file, without hooks, with the private key or the placeholder.

    A profile with the same `device_id` and `place` replaces the one that is installed; `name` is what people see.
    """

    device_id: UUID
    place: str
    name: str
    endpoint: str
    config: str


def render_profile(tunnel: ProfileTunnel, options: ProfileOptions) -> bytes:
    """Return the file. Where `config` has the placeholder, PRIVATE_KEY_MARK stands for the key, exactly once."""
    identifier = f"net.nexusvpn.wireguard.{tunnel.device_id}.{tunnel.place}"
    name = "".join(character if character.isprintable() else " " for character in tunnel.name)
    vpn = {
        "PayloadDisplayName": "VPN",
        "PayloadType": "com.apple.vpn.managed",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{identifier}.tunnel",
        "PayloadUUID": _uuid(tunnel, "tunnel"),
        "UserDefinedName": name,
        "VPNType": "VPN",
        "VPNSubType": f"com.wireguard.{options.platform}",
        "VendorConfig": {
            "WgQuickConfig": tunnel.config.replace(PRIVATE_KEY_PLACEHOLDER, f"PrivateKey = {PRIVATE_KEY_MARK}")
        },
        "VPN": {
            "RemoteAddress": tunnel.endpoint,
            "AuthenticationMethod": "Password",
            **_on_demand(options),
        },
    }
    profile = {
        "PayloadDisplayName": name,
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": identifier,
        "PayloadUUID": _uuid(tunnel, "profile"),
        "PayloadContent": [vpn],
    }
    return plistlib.dumps(profile, sort_keys=False)


def _uuid(tunnel: ProfileTunnel, part: str) -> str:
    """The same for the same tunnel, so that a new download replaces the installed profile."""
    return str(uuid5(tunnel.device_id, f"{tunnel.place}/{part}")).upper()


def _on_demand(options: ProfileOptions) -> dict[str, Any]:
    if options.on_demand is OnDemand.OFF:
        return {}
    return {"OnDemandEnabled": 1, "OnDemandRules": _rules(options)}


def _rules(options: ProfileOptions) -> list[dict[str, Any]]:
    """The first rule that matches the present network decides."""
    elsewhere = "Cellular" if options.platform is Platform.IOS else "Ethernet"
    if options.on_demand is OnDemand.NOT_WIFI:
        return [_rule("Connect", elsewhere), _rule("Disconnect", "WiFi")]
    wifi = [_rule("Connect", "WiFi")]
    if options.trusted_wifi:
        wifi.insert(0, {**_rule("Disconnect", "WiFi"), "SSIDMatch": list(options.trusted_wifi)})
    if options.on_demand is OnDemand.WIFI:
        return [*wifi, _rule("Disconnect", elsewhere)]
    return [*wifi, _rule("Connect", elsewhere)] if options.trusted_wifi else [{"Action": "Connect"}]


def _rule(action: str, interface: str) -> dict[str, Any]:
    return {"Action": action, "InterfaceTypeMatch": interface}
