"""The choices of a configuration as a form. It is sent by GET: it changes nothing, and its address can be kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.entitlements import Entitlement
from nexusvpn.errors import DomainError, InvalidInput
from nexusvpn.forms import ServiceForm
from vpn.forms import LocationSelect
from vpn.services.config_choices import MTU_RANGE, PRIVATE_WORD, ConfigChoices, parse_choices
from vpn.wireguard.mobileconfig import OnDemand, Platform
from vpn.wireguard.split import SplitMode

OWN_DNS = "own"
DNS_CHOICES = [
    ("server", _("Our default")),
    ("quad9", _("Quad9 (blocks malware)")),
    ("cloudflare", _("Cloudflare (blocks nothing)")),
    ("adguard", _("AdGuard (blocks advertisements and trackers)")),
    (OWN_DNS, _("Addresses of your own")),
    ("none", _("None: ask your own network")),
]
SPLIT_CHOICES = [
    (SplitMode.NONE.value, _("Everything")),
    (SplitMode.INCLUDE.value, _("Only these networks")),
    (SplitMode.EXCLUDE.value, _("All but these networks")),
]
IPV6_CHOICES = [("on", _("Through the tunnel")), ("off", _("Not through the tunnel"))]
KILL_SWITCH_CHOICES = [("off", _("Off")), ("on", _("On (Linux with wg-quick)"))]
PLATFORM_CHOICES = [(Platform.IOS.value, _("iPhone or iPad")), (Platform.MACOS.value, _("Mac"))]
ON_DEMAND_CHOICES = [
    (OnDemand.OFF.value, _("When you switch it on")),
    (OnDemand.WIFI.value, _("On Wi-Fi")),
    (OnDemand.NOT_WIFI.value, _("Off Wi-Fi: mobile data, on a Mac Ethernet")),
    (OnDemand.ALWAYS.value, _("Everywhere")),
]
_TYPED = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
# These stand beside the form on the page, not in it.
_ELSEWHERE = {"form": "choices"}


def _select(choices: list[tuple[str, Any]], *, attrs: dict[str, str] | None = None, **options: Any) -> forms.CharField:
    """Text to the form: which values exist is the service's to say."""
    return forms.CharField(required=False, max_length=40, widget=forms.Select(attrs, choices), **options)


class ConfigForm(ServiceForm):
    location = forms.CharField(label=_("Location"), required=False, max_length=40, widget=LocationSelect)
    dns = _select(
        DNS_CHOICES, label=_("DNS server"), help_text=_("Who looks up names for you; it is asked through the tunnel.")
    )
    dns_addresses = forms.CharField(
        label=_("DNS addresses"),
        required=False,
        max_length=200,
        help_text=_("For “Addresses of your own”: up to four, with commas between."),
        widget=forms.TextInput(attrs=_TYPED),
    )
    split = _select(SPLIT_CHOICES, label=_("Traffic"))
    networks = forms.CharField(
        label=_("Networks"),
        required=False,
        max_length=4000,
        help_text=_("Up to 64, such as 192.168.0.0/16 or fd00::/8: one a line or with commas between."),
        widget=forms.Textarea(attrs={**_TYPED, "rows": 3}),
    )
    exclude_private = forms.BooleanField(
        label=_("Keep private networks outside"),
        required=False,
        help_text=_("Your home or office network stays reachable: printers, shared disks, the router."),
    )
    ipv6 = _select(
        IPV6_CHOICES,
        label=_("IPv6"),
        help_text=_(
            "Not through the tunnel means outside of it, where your network has IPv6; the kill switch blocks it."
        ),
    )
    kill_switch = _select(
        KILL_SWITCH_CHOICES,
        label=_("Kill switch"),
        help_text=_(
            "Nothing leaves beside the tunnel, also when it breaks down. Only wg-quick on Linux takes such a file."
        ),
    )
    mtu = forms.CharField(
        label=_("MTU"),
        required=False,
        max_length=5,
        help_text=format_lazy(
            _("The largest packet, {low} to {high} bytes; empty: the server’s. Try 1280 where pages hang."),
            low=MTU_RANGE[0],
            high=MTU_RANGE[1],
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    port = _select(
        [("", _("The server’s"))],
        label=_("UDP port"),
        help_text=_("Another one may pass where the usual one is blocked."),
    )
    platform = _select(PLATFORM_CHOICES, label=_("For"), attrs=_ELSEWHERE)
    on_demand = _select(ON_DEMAND_CHOICES, label=_("Connects by itself"), attrs=_ELSEWHERE)
    trusted_wifi = forms.CharField(
        label=_("Trusted Wi-Fi networks"),
        required=False,
        max_length=600,
        strip=False,
        help_text=_("Their names, one a line. The tunnel does not connect by itself on them."),
        widget=forms.Textarea(attrs={**_TYPED, **_ELSEWHERE, "rows": 2}),
    )

    choices: ConfigChoices

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return values
        self._refuse_what_would_be_ignored(values)
        if not self.errors:
            try:
                self.choices = parse_choices(_as_parameters(values))
            except InvalidInput as error:
                self.add_domain_error(error)
        return values

    def _refuse_what_would_be_ignored(self, values: dict[str, Any]) -> None:
        mode = values["split"] or SplitMode.NONE
        if values["exclude_private"] and mode == SplitMode.INCLUDE:
            self.add_error("exclude_private", gettext("With “Only these networks” all others are outside already."))
        if values["networks"].strip() and mode == SplitMode.NONE:
            self.add_error("split", gettext("Say what the networks are for: only these, or all but these."))
        if values["dns_addresses"] and values["dns"] != OWN_DNS:
            self.add_error("dns", gettext("To use these addresses choose “Addresses of your own”."))

    def add_domain_error(self, error: DomainError) -> int:
        """A refusal of what was typed stands where it was typed."""
        values = self.cleaned_data
        places = {
            "dns": "dns_addresses" if values.get("dns") == OWN_DNS else "dns",
            "split": "networks" if values.get("networks") else "split",
        }
        error.fields = {places.get(name, name): texts for name, texts in error.fields.items()}
        return super().add_domain_error(error)

    def offer_locations(self, locations: list[dict[str, Any]], entitlement: Entitlement) -> None:
        self.fields["location"].widget.offer(locations, entitlement)

    def offer_ports(self, ports: list[int]) -> None:
        """Fill the list of ports; one that was chosen elsewhere stays in it, so that the page says what was asked."""
        asked = str(self["port"].value() or "")
        offered = [str(port) for port in ports]
        named = offered[1:] if asked in ("", *offered) else [*offered[1:], asked]
        usual = gettext("The server’s ({port})").format(port=offered[0]) if offered else gettext("The server’s")
        self.fields["port"].widget.choices = [("", usual), *((port, port) for port in named)]


def _as_parameters(values: dict[str, Any]) -> dict[str, str]:
    """The form's values as the API takes them; what is empty is left to us."""
    plain = ("location", "ipv6", "kill_switch", "mtu", "port", "platform", "on_demand", "trusted_wifi")
    parameters = {name: values[name] for name in plain}
    given = {name: text for name, text in parameters.items() if text}
    if values["dns"]:
        given["dns"] = values["dns_addresses"] if values["dns"] == OWN_DNS else values["dns"]
    return {**given, "split": _split_parameter(values)}


def _split_parameter(values: dict[str, Any]) -> str:
    mode = values["split"] or SplitMode.NONE.value
    networks = [entry for line in values["networks"].splitlines() for entry in line.split(",") if entry.strip()]
    if values["exclude_private"]:
        mode = SplitMode.EXCLUDE.value
        networks.append(PRIVATE_WORD)
    return mode if mode == SplitMode.NONE else f"{mode}:{','.join(networks)}"
