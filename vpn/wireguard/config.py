"""The configuration file that a customer loads into a WireGuard client (the format of wg-quick(8))."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from vpn.wireguard.kill_switch import NO_HOOKS, Hooks
from vpn.wireguard.public_keys import decode_key, validate_public_key

PRIVATE_KEY_PLACEHOLDER: Final = "# PrivateKey = paste your private key here"
EVERYTHING: Final = ("0.0.0.0/0", "::/0")

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")


class InvalidConfigValue(ValueError):
    """A value cannot stand in a configuration file. `field` names it; the message never repeats the value."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


@dataclass(frozen=True, slots=True)
class ClientInterface:
    """The customer's side: addresses in CIDR form (IPv4 and IPv6), DNS servers, MTU in bytes, key in base64.

    Without a private key (the customer made it on the device and never sent it) a commented placeholder is
    written. `hooks` are lines that only wg-quick on Linux takes.
    """

    addresses: tuple[str, ...]
    dns: tuple[str, ...]
    mtu: int
    private_key: str | None = None
    hooks: Hooks = NO_HOOKS


@dataclass(frozen=True, slots=True)
class ServerPeer:
    """The node's side: public key in base64, where it listens, and which destinations go through the tunnel."""

    public_key: str
    endpoint_host: str
    endpoint_port: int
    preshared_key: str | None = None
    allowed_ips: tuple[str, ...] = EVERYTHING
    persistent_keepalive_s: int = 25


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """One tunnel of one customer. Each of `comments` is a sentence for the person who opens the file."""

    interface: ClientInterface
    peer: ServerPeer
    comments: tuple[str, ...] = ()


def render_client_config(config: ClientConfig) -> str:
    """Return the text of the wg-quick file, ending with a line feed.

    Raises InvalidConfigValue (or InvalidKey, also a ValueError) for any value that is not exactly what its
    line may hold; nothing with a line break, a control character or a comment sign can therefore reach the
    file.
    """
    interface, peer = config.interface, config.peer
    if not interface.addresses:
        raise InvalidConfigValue("Address", "at least one address is needed")
    lines = [f"# {_one_line('comment', text)}" for text in config.comments]
    lines += [""] if lines else []
    lines += ["[Interface]", _private_key_line(interface.private_key)]
    lines.append("Address = " + ", ".join(_address(text) for text in interface.addresses))
    if interface.dns:
        lines.append("DNS = " + ", ".join(_dns(text) for text in interface.dns))
    lines.append(f"MTU = {_number('MTU', interface.mtu, 576, 65535)}")
    lines += _hook_lines(interface.hooks)
    lines += ["", "[Peer]", f"PublicKey = {validate_public_key(peer.public_key)}"]
    if peer.preshared_key is not None:
        decode_key(peer.preshared_key)
        lines.append(f"PresharedKey = {peer.preshared_key}")
    lines.append("AllowedIPs = " + ", ".join(_network(text) for text in peer.allowed_ips))
    lines.append(f"Endpoint = {render_endpoint(peer.endpoint_host, peer.endpoint_port)}")
    lines.append(f"PersistentKeepalive = {_number('PersistentKeepalive', peer.persistent_keepalive_s, 1, 65535)}")
    return "\n".join(lines) + "\n"


def render_endpoint(host: str, port: int) -> str:
    """Return `host:port`, with an IPv6 literal in brackets; raises InvalidConfigValue."""
    return f"{_host(host)}:{_number('Endpoint', port, 1, 65535)}"


def _private_key_line(private_key: str | None) -> str:
    if private_key is None:
        return PRIVATE_KEY_PLACEHOLDER
    decode_key(private_key)
    return f"PrivateKey = {private_key}"


def _hook_lines(hooks: Hooks) -> list[str]:
    lines = [] if hooks.fwmark is None else [f"FwMark = {_number('FwMark', hooks.fwmark, 1, 2**32 - 1)}"]
    for name, commands in (("PreUp", hooks.pre_up), ("PostUp", hooks.post_up), ("PreDown", hooks.pre_down)):
        for command in commands:
            if "#" in command:
                raise InvalidConfigValue(name, "wg-quick would take the rest for a comment")
            lines.append(f"{name} = {_one_line(name, command)}")
    return lines


def _host(text: str) -> str:
    _refuse_odd_characters("Endpoint", text)
    try:
        address = ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        if _HOST_NAME.fullmatch(text) is None:
            raise InvalidConfigValue("Endpoint", "neither a host name nor an address") from None
        return text
    return f"[{address}]" if address.version == 6 else str(address)


def _address(text: str) -> str:
    _refuse_odd_characters("Address", text)
    try:
        return str(ipaddress.ip_interface(text))
    except ValueError:
        raise InvalidConfigValue("Address", "not an address in CIDR form") from None


def _network(text: str) -> str:
    _refuse_odd_characters("AllowedIPs", text)
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise InvalidConfigValue("AllowedIPs", "not a network in CIDR form") from None


def _dns(text: str) -> str:
    _refuse_odd_characters("DNS", text)
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise InvalidConfigValue("DNS", "not an IP address") from None


def _number(field: str, value: int, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise InvalidConfigValue(field, f"not a whole number from {low} to {high}")
    return value


def _one_line(field: str, text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise InvalidConfigValue(field, "holds a character that may not stand in a configuration")
    return text


def _refuse_odd_characters(field: str, text: str) -> None:
    """Refuse what could end a line or start a comment; an IPv6 zone (`fe80::1%x`) may hold any of that."""
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or set(text) & set("#%, "):
        raise InvalidConfigValue(field, "holds a character that may not stand in a configuration")
