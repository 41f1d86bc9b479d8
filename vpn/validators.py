from __future__ import annotations

import ipaddress
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

HOST = re.compile(
    r"(?=.{1,253}$)([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
)


def validate_host(value: str) -> None:
    """A host name (RFC 1123) or an IP address literal without brackets."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        if not HOST.fullmatch(value):
            raise ValidationError(_("Write a host name or an IP address."), code="invalid") from None


def validate_server_networks(network_v4: Any, network_v6: Any) -> None:
    """Sizes and families of a server's networks: IPv4 /12 to /29, IPv6 with at least as many host bits."""
    if not isinstance(network_v4, ipaddress.IPv4Network) or not 12 <= network_v4.prefixlen <= 29:
        raise ValidationError({"network_v4": _("Must be an IPv4 network from /12 to /29.")})
    if not isinstance(network_v6, ipaddress.IPv6Network) or 128 - network_v6.prefixlen < 32 - network_v4.prefixlen:
        raise ValidationError(
            {"network_v6": _("Must be an IPv6 network with at least as many host bits as the IPv4 one.")}
        )
