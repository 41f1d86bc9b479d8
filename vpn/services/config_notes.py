"""What a person should know about the file they get: in what it differs from the choices, and what a choice means."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import override

from vpn.services.config_choices import ConfigChoices
from vpn.wireguard.kill_switch import TABLE
from vpn.wireguard.networks import Address
from vpn.wireguard.split import PRIVATE, Routes, SplitMode


@dataclass(frozen=True, slots=True)
class Given:
    """What came of the choices. `unreachable_dns` are DNS servers of ours that need IPv6."""

    routes: Routes
    unreachable_dns: tuple[Address, ...]
    file_name: str


def notes_on(choices: ConfigChoices, given: Given) -> tuple[str, ...]:
    """Sentences in the reader's language; the default choices have none."""
    return (*_on_dns(choices, given), *_on_ipv6(choices), *_on_the_server(given), *_on_the_kill_switch(choices, given))


def comments_on(choices: ConfigChoices, given: Given) -> tuple[str, ...]:
    """The same in English, which is ASCII: what clients of all ages read without harm in the file itself."""
    with override("en"):
        return notes_on(choices, given)


def _on_dns(choices: ConfigChoices, given: Given) -> list[str]:
    notes = []
    if choices.dns == ():
        notes.append(_("No DNS server is set: your own network's answers, and may learn which names you look up."))
    if given.unreachable_dns:
        left_out = ", ".join(map(str, given.unreachable_dns))
        notes.append(_("Without IPv6 in the tunnel these DNS servers are left out: {names}.").format(names=left_out))
    notes.extend(
        _("The DNS server {address} goes through the tunnel although the split leaves it out.").format(address=address)
        for address in given.routes.rescued_dns
    )
    return notes


def _on_ipv6(choices: ConfigChoices) -> list[str]:
    if choices.ipv6:
        return []
    if choices.kill_switch:
        if choices.split.mode is SplitMode.NONE:
            return [_("IPv6 does not go through the tunnel, and the kill switch blocks it.")]
        return [
            _(
                "IPv6 does not go through the tunnel, and the kill switch blocks what of it the split would send through."
            )
        ]
    return [_("IPv6 does not go through the tunnel: where your network has it, it is used outside.")]


def _on_the_server(given: Given) -> list[str]:
    notes = []
    if given.routes.left_out is not None:
        notes.append(
            _("The VPN server's own address {address} stays outside, since its packets carry the tunnel.").format(
                address=given.routes.left_out
            )
        )
    if given.routes.may_loop:
        notes.append(
            _(
                "On Linux, wg-quick needs the VPN server's own address outside of the split, and this server has a host name:"
                " look its address up and exclude it. The apps for other systems need nothing."
            )
        )
    return notes


def _on_the_kill_switch(choices: ConfigChoices, given: Given) -> list[str]:
    if not choices.kill_switch:
        return []
    table = TABLE.replace("%i", given.file_name.removesuffix(".conf"))
    notes = [
        _("The kill switch is for wg-quick on Linux and needs nftables; other clients refuse this file."),
        _(
            "It stays when the tunnel breaks down. Bring the tunnel up again and take it down, or lift it with: {command}"
        ).format(command=f"nft delete table inet {table}"),
    ]
    spares_the_network = choices.split.mode is SplitMode.INCLUDE or set(PRIVATE) <= set(choices.split.networks)
    if not spares_the_network:
        notes.append(
            _(
                "It also blocks your local network: printers, containers, sign-ins from there."
                " Exclude private networks to keep it."
            )
        )
    return notes
