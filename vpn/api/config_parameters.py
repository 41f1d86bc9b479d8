"""The choices of a configuration, as the schema describes them."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter

from vpn.services.config_choices import MAX_DNS, MAX_TRUSTED_WIFI, MTU_RANGE
from vpn.wireguard.mobileconfig import OnDemand, Platform
from vpn.wireguard.resolvers import RESOLVERS
from vpn.wireguard.split import MAX_NETWORKS

_SWITCH = ["on", "off"]

CONFIG_PARAMETERS = [
    OpenApiParameter(
        "location", str, description="Slug; absent: the device's own. `all` with Accept: application/zip: every one."
    ),
    OpenApiParameter(
        "dns",
        str,
        description=f"`server` (ours), `none`, {', '.join(f'`{name}`' for name in RESOLVERS)}, or up to {MAX_DNS} IP"
        " addresses with commas between.",
    ),
    OpenApiParameter(
        "mtu",
        {"type": "integer", "minimum": MTU_RANGE[0], "maximum": MTU_RANGE[1]},
        description="Bytes; absent: the server's.",
    ),
    OpenApiParameter(
        "port",
        {"type": "integer", "minimum": 1, "maximum": 65535},
        description="UDP port of the server; one that it does not offer is refused with `port_not_offered`.",
    ),
    OpenApiParameter(
        "ipv6",
        {"type": "string", "enum": _SWITCH, "default": "on"},
        description="off: IPv6 does not go through the tunnel; with the kill switch it is blocked, without it goes outside.",
    ),
    OpenApiParameter(
        "kill_switch",
        {"type": "string", "enum": _SWITCH, "default": "off"},
        description="on: lines for wg-quick on Linux with nftables that let nothing out beside the tunnel.",
    ),
    OpenApiParameter(
        "split",
        str,
        description=f"`none`, or `include:` (only these go through) or `exclude:` (all but these) with up to {MAX_NETWORKS}"
        " networks in CIDR form with commas between; `private` stands for the private networks.",
    ),
    OpenApiParameter(
        "platform", {"type": "string", "enum": list(Platform), "default": "ios"}, description="For the Apple profile."
    ),
    OpenApiParameter(
        "on_demand",
        {"type": "string", "enum": list(OnDemand), "default": "off"},
        description="For the Apple profile: where the tunnel connects by itself.",
    ),
    OpenApiParameter(
        "trusted_wifi",
        str,
        description=f"For the Apple profile: up to {MAX_TRUSTED_WIFI} names of Wi-Fi networks, one a line, on which the"
        " tunnel does not connect by itself.",
    ),
]
