"""What a person may choose when they fetch a configuration, and the strict reading of it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from nexusvpn.errors import InvalidInput
from vpn.errors import SplitTooLarge, UnknownLocation
from vpn.wireguard.mobileconfig import OnDemand, Platform, ProfileOptions
from vpn.wireguard.networks import Address, Network
from vpn.wireguard.resolvers import RESOLVERS
from vpn.wireguard.split import MAX_NETWORKS, PRIVATE, Split, SplitMode

MTU_RANGE = (1280, 1500)
MAX_DNS = 4
MAX_TRUSTED_WIFI = 16
# An SSID is at most 32 bytes (IEEE 802.11, 9.4.2.2).
SSID_BYTES = 32
# The word that stands for the private networks in a split.
PRIVATE_WORD = "private"

# Letters of addresses and networks only: Python would also take an IPv6 zone, which may be any text.
_PLAIN_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{2,45}")
_PLAIN_NETWORK = re.compile(r"[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class ConfigChoices:
    """`None` leaves a choice to us: the device's own location, the server's DNS, MTU and port.

    `dns` without an entry writes none into the file.
    """

    location: str | None = None
    dns: tuple[Address, ...] | None = None
    mtu: int | None = None
    port: int | None = None
    ipv6: bool = True
    kill_switch: bool = False
    split: Split = field(default_factory=Split)
    profile: ProfileOptions = field(default_factory=ProfileOptions)


DEFAULT_CHOICES = ConfigChoices()


def parse_choices(values: Mapping[str, str]) -> ConfigChoices:
    """Read choices from text, as an address or a form has them; what is absent keeps its default.

    Raises InvalidInput naming every bad field (`unknown_field` if one does not exist), or SplitTooLarge.
    """
    unknown = [name for name in values if name not in PARSERS]
    if unknown:
        raise InvalidInput(code="unknown_field", fields={name: [_("This field does not exist.")] for name in unknown})
    parsed: dict[str, Any] = {}
    refused: dict[str, list[str]] = {}
    for name, text in values.items():
        try:
            parsed[name] = PARSERS[name](text)
        except SplitTooLarge:
            raise
        except InvalidInput as error:
            refused.update(error.fields)
    if refused:
        raise InvalidInput(fields=refused)
    profile = ProfileOptions(**{name: parsed.pop(name) for name in PROFILE_PARSERS if name in parsed})
    choices = ConfigChoices(**_with_dns_of_the_family(parsed), profile=profile)
    _check_together(choices)
    return choices


def _check_together(choices: ConfigChoices) -> None:
    if not choices.ipv6 and any(address.version == 6 for address in choices.dns or ()):
        raise _bad("dns", _("An IPv6 DNS server cannot be reached while IPv6 is off."))
    connects_on_wifi = choices.profile.on_demand in (OnDemand.WIFI, OnDemand.ALWAYS)
    if choices.profile.trusted_wifi and not connects_on_wifi:
        raise _bad("trusted_wifi", _("Trusted networks matter only if the tunnel connects by itself on Wi-Fi."))


def _with_dns_of_the_family(parsed: dict[str, Any]) -> dict[str, Any]:
    """A resolver that was chosen by name is asked over IPv4 alone where IPv6 is off."""
    name = parsed.get("dns")
    if isinstance(name, str):
        addresses = RESOLVERS[name]
        with_ipv6 = parsed.get("ipv6", True)
        parsed["dns"] = addresses if with_ipv6 else tuple(each for each in addresses if each.version == 4)
    return parsed


def _bad(name: str, message: str) -> InvalidInput:
    return InvalidInput(fields={name: [message]})


def _location(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", text) is None:
        raise UnknownLocation(fields={"location": [UnknownLocation.message]})
    return text


def _dns(text: str) -> tuple[Address, ...] | str | None:
    """None for the server's, the name of a resolver, or addresses."""
    if text == "server":
        return None
    if text == "none":
        return ()
    if text in RESOLVERS:
        return text
    if not text.strip():
        raise _bad("dns", _("Name at least one address."))
    entries = [entry.strip() for entry in text.split(",")]
    if len(entries) > MAX_DNS:
        raise _bad("dns", _("At most {n} addresses.").format(n=MAX_DNS))
    addresses = tuple(_dns_address(entry) for entry in entries)
    if len(set(addresses)) < len(addresses):
        raise _bad("dns", _("An address is named twice."))
    return addresses


def _dns_address(text: str) -> Address:
    names = ", ".join(["server", "none", *RESOLVERS])
    try:
        if _PLAIN_ADDRESS.fullmatch(text) is None:
            raise ValueError
        address = ipaddress.ip_address(text)
    except ValueError:
        raise _bad(
            "dns",
            _("Must be up to {n} IP addresses with commas between, or one of {names}.").format(n=MAX_DNS, names=names),
        ) from None
    if address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local:
        raise _bad("dns", _("A DNS server must have an address that can be reached through the tunnel."))
    return address


def _whole_number(name: str, low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.isascii() and text.isdecimal() and len(text) <= 5 and low <= int(text) <= high:
            return int(text)
        raise _bad(name, _("Must be a whole number from {low} to {high}.").format(low=low, high=high))

    return parse


def _switch(name: str) -> Callable[[str], bool]:
    def parse(text: str) -> bool:
        if text not in ("on", "off"):
            raise _bad(name, _("Must be on or off."))
        return text == "on"

    return parse


def _split(text: str) -> Split:
    """`none`, `include:` or `exclude:` with networks in CIDR form, addresses, or the word `private`."""
    if text == SplitMode.NONE:
        return Split()
    mode, colon, rest = text.partition(":")
    if not colon or mode not in (SplitMode.INCLUDE, SplitMode.EXCLUDE):
        raise _bad("split", _("Must be none, or include: or exclude: with networks after it."))
    if not rest.strip():
        raise _bad("split", _("Name at least one network."))
    entries = [entry.strip() for entry in rest.split(",")]
    if len(entries) > MAX_NETWORKS:
        raise SplitTooLarge(fields={"split": [_("At most {n} networks.").format(n=MAX_NETWORKS)]})
    networks: list[Network] = []
    for number, entry in enumerate(entries, start=1):
        networks.extend(PRIVATE if entry == PRIVATE_WORD else (_network(entry, number),))
    return Split(SplitMode(mode), tuple(networks))


def _network(text: str, number: int) -> Network:
    try:
        if _PLAIN_NETWORK.fullmatch(text) is None:
            raise ValueError
        whole = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise _bad(
            "split", _("Entry {n} is no network, such as 192.168.0.0/16 or fd00::/8.").format(n=number)
        ) from None
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise _bad(
            "split",
            _("Entry {n} is an address within a network; the network is {network}.").format(n=number, network=whole),
        ) from None


def _platform(text: str) -> Platform:
    if text not in tuple(Platform):
        raise _bad("platform", _("Must be one of {names}.").format(names=", ".join(Platform)))
    return Platform(text)


def _on_demand(text: str) -> OnDemand:
    if text not in tuple(OnDemand):
        raise _bad("on_demand", _("Must be one of {names}.").format(names=", ".join(OnDemand)))
    return OnDemand(text)


def _trusted_wifi(text: str) -> tuple[str, ...]:
    """One name a line; empty lines do not count, and no space is taken away: a name may begin with one."""
    names = tuple(dict.fromkeys(line for line in text.splitlines() if line))
    if len(names) > MAX_TRUSTED_WIFI:
        raise _bad("trusted_wifi", _("At most {n} networks.").format(n=MAX_TRUSTED_WIFI))
    if any(not name.isprintable() or len(name.encode(errors="replace")) > SSID_BYTES for name in names):
        raise _bad(
            "trusted_wifi",
            _("The name of a Wi-Fi network is at most {n} bytes of printable text.").format(n=SSID_BYTES),
        )
    return names


PROFILE_PARSERS: dict[str, Callable[[str], Any]] = {
    "platform": _platform,
    "on_demand": _on_demand,
    "trusted_wifi": _trusted_wifi,
}
PARSERS: dict[str, Callable[[str], Any]] = {
    "location": _location,
    "dns": _dns,
    "mtu": _whole_number("mtu", *MTU_RANGE),
    "port": _whole_number("port", 1, 65535),
    "ipv6": _switch("ipv6"),
    "kill_switch": _switch("kill_switch"),
    "split": _split,
    **PROFILE_PARSERS,
}
