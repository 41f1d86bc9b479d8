"""Which destinations go through a tunnel: all, only some, or all but some."""

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vpn.wireguard.networks import EVERYTHING, Address, Networks, holds, host, merge, of_family, subtract

# What a person may name, and what may come of it: wg-quick runs `ip route add` once for each network of the answer.
MAX_NETWORKS: Final = 64
MAX_ROUTES: Final = 4096

# Home and office networks: RFC 1918, RFC 4193, and link-local addresses (RFC 3927, RFC 4291 2.5.6).
PRIVATE: Final[Networks] = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10")
)


class TooManyRoutes(ValueError):
    """The split cannot be written with MAX_ROUTES networks."""


class NothingTunnelled(ValueError):
    """The split leaves nothing that would go through the tunnel."""


class SplitMode(StrEnum):
    """NONE: everything goes through the tunnel. INCLUDE: only the networks. EXCLUDE: all but the networks."""

    NONE = "none"
    INCLUDE = "include"
    EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class Split:
    """What a person chose."""

    mode: SplitMode = SplitMode.NONE
    networks: Networks = ()

    @property
    def tunnelled(self) -> Networks:
        """Every destination that is meant to go through the tunnel."""
        if self.mode is SplitMode.INCLUDE:
            return merge(self.networks)
        return subtract(EVERYTHING, self.networks)


@dataclass(frozen=True, slots=True)
class Routes:
    """The AllowedIPs of a configuration, and where they are not what the split says.

    `rescued_dns` are DNS servers that the split leaves out: they go through the tunnel all the same, or the network that
    the person is in would answer for every name. `left_out` is the server's own address, where wg-quick would send the
    tunnel's packets into the tunnel. `may_loop` says that this cannot be ruled out, since the server has a host name.
    """

    allowed: Networks
    rescued_dns: tuple[Address, ...] = ()
    left_out: Address | None = None
    may_loop: bool = False

    @property
    def has_default_route(self) -> bool:
        """Whether wg-quick routes by a mark, which keeps the tunnel's own packets out of it."""
        return any(network.prefixlen == 0 for network in self.allowed)


def plan_routes(split: Split, *, dns: tuple[Address, ...], endpoint_host: str, ipv6: bool) -> Routes:
    """Work out the AllowedIPs. Without `ipv6` no IPv6 network is among them.

    Raises NothingTunnelled or TooManyRoutes.
    """
    wanted = split.tunnelled if ipv6 else of_family(split.tunnelled, 4)
    if not wanted:
        raise NothingTunnelled
    rescued = tuple(address for address in dns if not holds(wanted, address))
    allowed = merge([*wanted, *map(host, rescued)])
    endpoint = literal_address(endpoint_host)
    left_out = endpoint if endpoint is not None and _would_loop(allowed, endpoint) else None
    if left_out is not None:
        allowed = subtract(allowed, [host(left_out)])
    if len(allowed) > MAX_ROUTES:
        raise TooManyRoutes
    return Routes(allowed, rescued, left_out, may_loop=endpoint is None and _may_hold_a_server(wanted))


def literal_address(endpoint_host: str) -> Address | None:
    """Return the endpoint's address, or None for a host name."""
    try:
        return ipaddress.ip_address(endpoint_host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def _would_loop(allowed: Networks, endpoint: Address) -> bool:
    """Only a default route is one that wg-quick keeps the tunnel's own packets off."""
    same_family = of_family(allowed, endpoint.version)
    return holds(same_family, endpoint) and all(network.prefixlen > 0 for network in same_family)


def _may_hold_a_server(wanted: Networks) -> bool:
    """Whether a server whose address is not known may be in one of the networks that are no default routes."""
    return any(network.prefixlen > 0 and not network.is_private for network in wanted)
