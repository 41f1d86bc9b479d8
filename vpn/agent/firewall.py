"""The nftables table of an interface: what customers may reach, and under which addresses."""

import ipaddress
from collections.abc import Sequence
from typing import Final

from vpn.agent.desired import InterfaceSettings

# Never for customers: the node's own loopback and link, where clouds serve their machines' credentials, and the
# other places where they do: Alibaba, Azure's wire server, Oracle; AWS and Google by IPv6 (the vendors' manuals
# of their instance metadata services).
_HIDDEN_V4: Final = ("127.0.0.0/8", "169.254.0.0/16", "100.100.100.200", "168.63.129.16", "192.0.0.192")
_HIDDEN_V6: Final = ("::1", "fe80::/10", "fd00:ec2::254", "fd20:ce::254")

# The node's neighbours and what nobody routes (IANA's special-purpose registries, RFC 6890), but for the networks that examples use
# and those of transition mechanisms. Customers are sent to the internet and to nowhere else.
_PRIVATE_V4: Final = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/3",
)
_PRIVATE_V6: Final = ("::", "fc00::/7", "ff00::/8")


def table_name(interface: str) -> str:
    """Return the name of the nftables table (family inet) that belongs to this interface alone."""
    return f"nexusvpn_{interface}"


def render_firewall(
    interface: str, settings: InterfaceSettings, extra_ports: Sequence[int] = (), allowed: Sequence[str] = ()
) -> str:
    """Return the table for `nft -f`: it replaces a former one in one transaction and touches no other table.

    Customers reach the internet under the node's addresses, but not one another, nor private networks other than
    those `allowed` (in CIDR form). Their TCP connections learn the tunnel's smaller packets, since path MTU discovery
    fails behind too many firewalls. The node itself answers their pings and the speed test, and nothing else. What
    comes from outside for one of the extra UDP ports goes to WireGuard's.
    """
    table = f"inet {table_name(interface)}"
    hidden = [
        f'    iifname "{interface}" ip daddr {{ {", ".join(_HIDDEN_V4)} }} drop',
        f'    iifname "{interface}" ip6 daddr {{ {", ".join(_HIDDEN_V6)} }} drop',
    ]
    lines = [
        f"table {table}",
        f"delete table {table}",
        f"table {table} {{",
        "  chain forward {",
        "    type filter hook forward priority mangle; policy accept;",
        f'    iifname "{interface}" oifname "{interface}" drop',
        *hidden,
        *_no_private(interface, allowed),
        f'    iifname "{interface}" tcp flags syn / syn,rst tcp option maxseg size set rt mtu',
        f'    oifname "{interface}" tcp flags syn / syn,rst tcp option maxseg size set rt mtu',
        "  }",
        "  chain input {",
        "    type filter hook input priority filter; policy accept;",
        f'    iifname != "{interface}" accept',
        *hidden,
        "    ct state established,related accept",
        "    icmp type echo-request accept",
        "    icmpv6 type echo-request accept",
        *_speed_test(settings),
        "    drop",
        "  }",
        "  chain postrouting {",
        "    type nat hook postrouting priority srcnat; policy accept;",
        *_masquerade(interface, settings.addresses),
        "  }",
        *_redirect(interface, settings.listen_port, extra_ports),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _no_private(interface: str, allowed: Sequence[str]) -> list[str]:
    rules = []
    for family, version, private in (("ip", 4, _PRIVATE_V4), ("ip6", 6, _PRIVATE_V6)):
        kept = [network for network in allowed if ipaddress.ip_network(network).version == version]
        but = f" {family} daddr != {{ {', '.join(kept)} }}" if kept else ""
        rules.append(f'    iifname "{interface}" {family} daddr {{ {", ".join(private)} }}{but} drop')
    return rules


def _masquerade(interface: str, addresses: Sequence[str]) -> list[str]:
    rules = []
    for address in addresses:
        network = ipaddress.ip_interface(address).network
        family = "ip6" if network.version == 6 else "ip"
        rules.append(f'    {family} saddr {network} oifname != "{interface}" masquerade')
    return rules


def _speed_test(settings: InterfaceSettings) -> list[str]:
    if not settings.speed_test_port:
        return []
    own = [ipaddress.ip_interface(address).ip for address in settings.addresses]
    return [f"    ip daddr {ip} tcp dport {settings.speed_test_port} accept" for ip in own if ip.version == 4]


def _redirect(interface: str, listen_port: int, extra_ports: Sequence[int]) -> list[str]:
    if not extra_ports:
        return []
    ports = ", ".join(map(str, extra_ports))
    # Only what is meant for the node itself: a packet that it forwards has the same ports at somebody else's machine.
    arrived = f'iifname != {{ "{interface}", "lo" }} fib daddr type local'
    return [
        "  chain prerouting {",
        "    type nat hook prerouting priority dstnat; policy accept;",
        f"    {arrived} udp dport {{ {ports} }} redirect to :{listen_port}",
        "  }",
    ]
