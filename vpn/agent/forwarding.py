"""Letting the customers' traffic through the node: forwarding sysctls, NAT and MSS clamp in a table of our own."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vpn.agent.logs import log_event
from vpn.agent.made import Made, boot_id
from vpn.agent.tools import ToolError, run_tool

_SYSCTL_ROOT: Final = Path("/proc/sys")
_FORWARDING: Final = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding")


def table_name(interface: str) -> str:
    """Return the name of the nftables table (family inet) that belongs to this interface alone."""
    return f"nexusvpn_{interface}"


def render_firewall(interface: str, addresses: Sequence[str]) -> str:
    """Return the table for `nft -f`: it replaces a former one in one transaction and touches no other table.

    Customers reach the world under the node's addresses but not one another, and their TCP connections
    learn the tunnel's smaller packets, since path MTU discovery fails behind too many firewalls.
    """
    table = f"inet {table_name(interface)}"
    masquerade = []
    for address in addresses:
        network = ipaddress.ip_interface(address).network
        family = "ip6" if network.version == 6 else "ip"
        masquerade.append(f'    {family} saddr {network} oifname != "{interface}" masquerade')
    lines = [
        f"table {table}",
        f"delete table {table}",
        f"table {table} {{",
        "  chain forward {",
        "    type filter hook forward priority mangle; policy accept;",
        f'    iifname "{interface}" oifname "{interface}" drop',
        f'    iifname "{interface}" tcp flags syn / syn,rst tcp option maxseg size set rt mtu',
        f'    oifname "{interface}" tcp flags syn / syn,rst tcp option maxseg size set rt mtu',
        "  }",
        "  chain postrouting {",
        "    type nat hook postrouting priority srcnat; policy accept;",
        *masquerade,
        "  }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def ensure_forwarding(made: Made, addresses: Sequence[str]) -> None:
    """Make sysctls and table what they should be; costs one `nft` call when they already are.

    Raises ToolError.
    """
    _ensure_sysctls(made)
    wanted = render_firewall(made.interface, addresses)
    if made.firewall == wanted and _table_exists(made.interface):
        return
    made.firewall = wanted
    made.save()
    run_tool(["nft", "-f", "-"], wanted)
    log_event("firewall_written", table=table_name(made.interface))


def undo_forwarding(made: Made) -> None:
    """Remove the table and give each sysctl back the value it had."""
    if made.firewall:
        table = f"inet {table_name(made.interface)}"
        # Naming the table first makes the deletion succeed whether it exists or not.
        run_tool(["nft", "-f", "-"], f"table {table}\ndelete table {table}\n")
    if made.boot_id == boot_id():
        for name, former in made.sysctls.items():
            path = _SYSCTL_ROOT / name
            if path.exists():
                path.write_text(former, encoding="ascii")


def _ensure_sysctls(made: Made) -> None:
    """Switch forwarding on for both families.

    A forwarding host ignores router advertisements unless `accept_ra` is 2, and a node that got its IPv6
    route that way would cut itself off; such interfaces are therefore raised to 2 first.
    """
    if _read(_FORWARDING[1]) == "0":
        for entry in sorted((_SYSCTL_ROOT / "net/ipv6/conf").iterdir()):
            if entry.name not in ("all", "default", "lo", made.interface):
                _set_sysctl(made, f"net/ipv6/conf/{entry.name}/accept_ra", "2", only_if="1")
    for name in _FORWARDING:
        _set_sysctl(made, name, "1")


def _set_sysctl(made: Made, name: str, value: str, only_if: str | None = None) -> None:
    former = _read(name)
    if former is None or former == value or (only_if is not None and former != only_if):
        return
    if name not in made.sysctls:
        made.sysctls[name] = former
        made.save()
    try:
        (_SYSCTL_ROOT / name).write_text(value, encoding="ascii")
    except OSError as error:
        raise ToolError(f"sysctl {name} cannot be set: {error.strerror}") from error


def _read(name: str) -> str | None:
    try:
        return (_SYSCTL_ROOT / name).read_text(encoding="ascii").strip()
    except OSError:
        return None


def _table_exists(interface: str) -> bool:
    try:
        run_tool(["nft", "list", "table", "inet", table_name(interface)])
    except ToolError:
        return False
    return True
