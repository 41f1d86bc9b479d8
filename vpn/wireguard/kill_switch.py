"""The kill switch of a configuration for Linux: what should go through the tunnel goes nowhere else.

It is a table of nftables, as wg-quick(8) itself makes them: one table is good for both families, appears and vanishes
as a whole, and stays when the interface is gone, which is when it is needed. The rules are those that the manual of
wg-quick gives for iptables, with three additions: what keeps the computer on its own network (DHCP and the neighbour
discovery without which an IPv6 endpoint cannot be reached for longer than a minute), what it forwards for containers,
virtual machines and others behind it, and the networks that a split tunnel leaves alone.
"""

from dataclasses import dataclass
from typing import Final

from vpn.wireguard.networks import Address, Networks, host, merge, of_family, subtract
from vpn.wireguard.split import PRIVATE, Routes, Split, SplitMode

# `%i` is the interface's name, which wg-quick puts there.
TABLE: Final = "nexusvpn-%i"
# The mark that wg-quick gives to the tunnel's own packets when there is a default route; without one it gives none.
FWMARK: Final = 51820

_REMOVE: Final = f'nft "table inet {TABLE}; delete table inet {TABLE}"'
_LINK_UPKEEP: Final = (
    "icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-report,"
    " mld2-listener-report } accept",
    "udp sport 68 udp dport 67 accept",
    "udp sport 546 udp dport 547 accept",
)


@dataclass(frozen=True, slots=True)
class Hooks:
    """Lines of the `[Interface]` section that only wg-quick on Linux takes."""

    fwmark: int | None = None
    pre_up: tuple[str, ...] = ()
    post_up: tuple[str, ...] = ()
    pre_down: tuple[str, ...] = ()


NO_HOOKS: Final = Hooks()


def kill_switch(split: Split, routes: Routes, *, dns: tuple[Address, ...], endpoint_is_name: bool) -> Hooks:
    """Return the lines that put the table there when the tunnel is up, and take it away when it is taken down.

    Both families are guarded, also the one that does not go through the tunnel. With a server that has a host name, a
    table that a broken tunnel left behind is removed first: it would keep wg-quick from looking the name up.
    """
    guard = ['oifname \\"%i\\" accept', *_spared(split, dns), "reject"]
    output = [
        "type filter hook output priority 0",
        "meta mark $(wg show %i fwmark) accept",
        "fib daddr type local accept",
        *_LINK_UPKEEP,
        "goto guard",
    ]
    # Private destinations are the containers and machines behind this computer, and its own network's.
    forward = [
        "type filter hook forward priority 0",
        'iifname \\"%i\\" accept',
        *_accept("", PRIVATE),
        "goto guard",
    ]
    chains = " ".join(
        f"chain {name} {{ {'; '.join(rules)}; }};"
        for name, rules in (("guard", guard), ("output", output), ("forward", forward))
    )
    return Hooks(
        fwmark=None if routes.has_default_route else FWMARK,
        pre_up=(_REMOVE,) if endpoint_is_name else (),
        post_up=(f'nft "table inet {TABLE}; delete table inet {TABLE}; table inet {TABLE} {{ {chains} }}"',),
        pre_down=(_REMOVE,),
    )


def _spared(split: Split, dns: tuple[Address, ...]) -> list[str]:
    """Rules that let pass what the split leaves alone; never a DNS server, which always goes through the tunnel.

    They are written with the networks that the person named: AllowedIPs may be thousands.
    """
    servers = [host(address) for address in dns]
    if split.mode is SplitMode.INCLUDE:
        return _accept("!= ", merge([*split.networks, *servers]))
    if split.mode is SplitMode.EXCLUDE:
        return _accept("", subtract(split.networks, servers))
    return []


def _accept(relation: str, networks: Networks) -> list[str]:
    """One rule a family. With "!= " a family without networks passes as a whole."""
    rules = []
    for version, match, family in ((4, "ip", "ipv4"), (6, "ip6", "ipv6")):
        named = ", ".join(map(str, of_family(networks, version)))
        if named:
            rules.append(f"{match} daddr {relation}{{ {named} }} accept")
        elif relation:
            rules.append(f"meta nfproto {family} accept")
    return rules
