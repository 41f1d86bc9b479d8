from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

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


def _public_key(*, required: bool) -> forms.CharField:
    return forms.CharField(
        max_length=64,
        required=required,
        help_text="The public half, 44 characters. Then your private key stays where it is.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class DeviceForm(ServiceForm):
    name = forms.CharField(
        max_length=64,
        help_text="What you call it: Phone, Work laptop, Router.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    # Text to the server: which locations exist, are online and belong to the plan is the service's to say.
    location = forms.CharField(max_length=40, widget=LocationSelect)
    public_key = _public_key(required=False)

    def offer(self, locations: list[dict[str, Any]], entitlement: Entitlement) -> bool:
        """Fill the list of locations; returns whether any of them can be chosen."""
        return bool(self.fields["location"].widget.offer(locations, entitlement))


class RenameForm(ServiceForm):
    name = forms.CharField(label="New name", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class KeyForm(ServiceForm):
    public_key = _public_key(required=True)


class ExpiryForm(ServiceForm):
    expires_at = forms.DateTimeField(
        label="Works until",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Browsers give a time without a zone; beside the clock it is read in, nobody takes it for their own.
        self.fields[
            "expires_at"
        ].help_text = f"Date and time in UTC. Now it is {date_format(timezone.now(), 'j M Y, H:i')}."

    def clean_expires_at(self) -> datetime:
        ends: datetime = self.cleaned_data["expires_at"]
        try:
            return ends.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError("Choose an earlier time.", code="invalid") from None


class _Ids(forms.TypedMultipleChoiceField):
    """Any number of ids; whose they are is the service's to say."""

    def valid_value(self, value: Any) -> bool:
        return True


class KeptDevicesForm(ServiceForm):
    devices = _Ids(required=False, coerce=UUID)
