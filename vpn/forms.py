from __future__ import annotations

from typing import Any

from django import forms

from billing.entitlements import Entitlement
from nexusvpn.forms import ServiceForm


class LocationSelect(forms.Select):
    """Locations that cannot be chosen now are shown with the reason, and the browser does not let one choose them."""

    refused: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if value in self.refused:
            option["attrs"]["disabled"] = True
        return option

    def offer(self, locations: list[dict[str, Any]], entitlement: Entitlement) -> bool:
        """Fill the list; returns whether any location can be chosen."""
        choices, refused = [], []
        for location in locations:
            city, name = location["city"], location["name"]
            label = f"{city}, {location['country_code'] if name == city else name}"
            if location["premium"] and not entitlement.premium_locations:
                label += " (not in your plan)"
                refused.append(location["slug"])
            elif not location["online"]:
                label += " (offline)"
                refused.append(location["slug"])
            choices.append((location["slug"], label))
        self.choices, self.refused = choices, frozenset(refused)
        return len(refused) < len(choices)


class DeviceForm(ServiceForm):
    name = forms.CharField(
        max_length=64,
        help_text="What you call it: Phone, Work laptop, Router.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    # Text to the server: which locations exist, are online and belong to the plan is the service's to say.
    location = forms.CharField(max_length=40, widget=LocationSelect)
    public_key = forms.CharField(
        max_length=64,
        required=False,
        help_text="The public half, 44 characters. Then your private key stays where it is.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def offer(self, locations: list[dict[str, Any]], entitlement: Entitlement) -> bool:
        """Fill the list of locations; returns whether any of them can be chosen."""
        return bool(self.fields["location"].widget.offer(locations, entitlement))


class RenameForm(ServiceForm):
    name = forms.CharField(label="New name", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))
