"""Public DNS resolvers that a person can choose by name."""

import ipaddress
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vpn.wireguard.networks import Address

# All of them answer anybody on port 53, which is what a WireGuard client asks. Mullvad's do not: there they answer for
# their own names alone and expect DNS over HTTPS or TLS (https://mullvad.net/en/help/dns-over-https-and-dns-over-tls).
_ADDRESSES: Final = {
    # https://quad9.net/service/service-addresses-and-features/ (malware blocked, DNSSEC checked)
    "quad9": ("9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9"),
    # https://developers.cloudflare.com/1.1.1.1/ip-addresses/
    "cloudflare": ("1.1.1.1", "1.0.0.1", "2606:4700:4700::1111", "2606:4700:4700::1001"),
    # https://adguard-dns.io/kb/general/dns-providers/#adguard-dns (advertisements and trackers blocked)
    "adguard": ("94.140.14.14", "94.140.15.15", "2a10:50c0::ad1:ff", "2a10:50c0::ad2:ff"),
}
RESOLVERS: Final[Mapping[str, tuple[Address, ...]]] = MappingProxyType(
    {name: tuple(ipaddress.ip_address(text) for text in texts) for name, texts in _ADDRESSES.items()}
)
