"""The network interface itself: made, recognised, addressed, removed."""

import ipaddress
import json
import logging
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from vpn.agent.backends.uapi import socket_answers, socket_path
from vpn.agent.desired import InterfaceSettings
from vpn.agent.logs import log_event
from vpn.agent.tools import ToolError, run_tool, tool_environment

ALIAS_PREFIX: Final = "nexusvpn:"
START_TIMEOUT_S: Final = 5.0
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,14}")


def check_interface_name(name: str) -> str:
    """Return the name if the kernel, nftables and a file name can all carry it; raises ValueError."""
    if _NAME.fullmatch(name) is None:
        raise ValueError("an interface name is 1 to 15 letters, digits, '-' or '_' and starts with a letter")
    return name


def new_token() -> str:
    """Return a random text that identifies one creation of an interface."""
    return secrets.token_hex(8)


def interface_index(name: str) -> int | None:
    """Return the kernel's number of the interface, None if there is none.

    One system call: fit for polling.
    """
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return None


def interface_token(name: str) -> str | None:
    """Return the token that this agent once gave the interface, None if it has none or does not exist."""
    alias = str(_show("link", name).get("ifalias", ""))
    return alias.removeprefix(ALIAS_PREFIX) if alias.startswith(ALIAS_PREFIX) else None


def mark_interface(name: str, token: str) -> None:
    """Write the token into the interface's alias."""
    run_tool(["ip", "link", "set", "dev", name, "alias", ALIAS_PREFIX + token])


def create_interface(name: str) -> str:
    """Make the interface: in the kernel if it can, else with wireguard-go.

    Returns which; raises ToolError.
    """
    try:
        run_tool(["ip", "link", "add", "dev", name, "type", "wireguard"])
        return "kernel"
    except ToolError as error:
        log_event("kernel_wireguard_unavailable", detail=str(error))
    _start_wireguard_go(name)
    return "wireguard-go"


def configure_interface(name: str, settings: InterfaceSettings, former: Sequence[str]) -> None:
    """Bring the interface up with the given MTU and addresses, and take away those of `former` no longer wanted.

    Only what differs is changed. Addresses that somebody else added stay.
    """
    facts = _show("address", name)
    if facts.get("mtu") != settings.mtu or "UP" not in facts.get("flags", []):
        run_tool(["ip", "link", "set", "dev", name, "mtu", str(settings.mtu), "up"])
    present = {f"{entry['local']}/{entry['prefixlen']}" for entry in facts.get("addr_info", [])}
    for address in settings.addresses:
        if address not in present:
            # "nodad": nobody else is on a tunnel, and a tentative IPv6 address would be unusable at first.
            quick = ["nodad"] if ipaddress.ip_interface(address).version == 6 else []
            try:
                run_tool(["ip", "address", "replace", address, "dev", name, *quick])
            except ToolError as error:
                if not quick:
                    raise
                # A node whose IPv6 is switched off still serves IPv4.
                log_event("ipv6_address_failed", level=logging.WARNING, detail=str(error))
    for address in set(former) - set(settings.addresses):
        if address in present:
            run_tool(["ip", "address", "delete", address, "dev", name])


def delete_interface(name: str) -> None:
    """Remove the interface if there is one. wireguard-go ends by itself when its interface goes."""
    if interface_index(name) is not None:
        run_tool(["ip", "link", "delete", "dev", name])
    _wait_for(lambda: not socket_answers(name), 2.0)


def _show(what: str, name: str) -> dict[str, Any]:
    try:
        found = json.loads(run_tool(["ip", "-json", what, "show", "dev", name]))
    except ToolError:
        return {}
    return dict(found[0]) if found else {}


def _start_wireguard_go(name: str) -> None:
    """Start wireguard-go so that it outlives the agent: own session, none of the agent's files open."""
    # A predecessor that is just ending removes its socket; ours must not be there yet when it does.
    _wait_for(lambda: not socket_answers(name), 2.0)
    socket_path(name).unlink(missing_ok=True)
    try:
        process = subprocess.Popen(
            ["wireguard-go", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env={**tool_environment(), "LOG_LEVEL": "silent"},
        )
    except FileNotFoundError:
        raise ToolError("neither the kernel's WireGuard nor wireguard-go is there") from None
    process.wait(START_TIMEOUT_S)  # the process that stays is its child
    if not _wait_for(lambda: socket_answers(name) and interface_index(name) is not None, START_TIMEOUT_S):
        raise ToolError(f"wireguard-go did not bring up {name} (exit status {process.returncode})")


def _wait_for(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
