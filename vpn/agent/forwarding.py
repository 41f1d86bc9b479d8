"""Letting the customers' traffic through the node: forwarding sysctls, and an nftables table of our own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vpn.agent.desired import InterfaceSettings
from vpn.agent.firewall import render_firewall, table_name
from vpn.agent.logs import log_event
from vpn.agent.made import Made, boot_id
from vpn.agent.ports import served_ports
from vpn.agent.tools import ToolError, run_tool

_SYSCTL_ROOT: Final = Path("/proc/sys")
_FORWARDING: Final = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding")


def ensure_forwarding(made: Made, settings: InterfaceSettings, allowed: Sequence[str] = ()) -> tuple[int, ...]:
    """Make sysctls and table what they should be; costs one `nft` call when they already are.

    `allowed` are the private networks that customers may reach. Returns the extra ports that are open now. One that
    somebody on this machine serves is left to them. Raises ToolError.
    """
    _ensure_sysctls(made)
    served = served_ports() if settings.extra_ports else set()
    ports = tuple(port for port in settings.extra_ports if port not in served)
    wanted = render_firewall(made.interface, settings, ports, allowed)
    if made.firewall != wanted or not made.listing or made.listing != _list_table(made.interface):
        made.firewall, made.listing = wanted, ""
        made.save()
        run_tool(["nft", "-f", "-"], wanted)
        made.listing = _list_table(made.interface)
        made.save()
        log_event("firewall_written", table=table_name(made.interface))
    return ports


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


def _list_table(interface: str) -> str:
    """Return the table as `nft` shows it, empty if there is none."""
    try:
        return run_tool(["nft", "list", "table", "inet", table_name(interface)])
    except ToolError:
        return ""
