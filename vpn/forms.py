from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from billing.entitlements import Entitlement
from nexusvpn.countries import country_name
from nexusvpn.forms import MomentField, ServiceForm
from vpn.services.location_list import Show, Sort
from vpn.services.location_state import NOT_IN_SERVICE

SHOW_CHOICES = [
    (Show.ALL.value, pgettext_lazy("locations", "All")),
    (Show.AVAILABLE.value, pgettext_lazy("locations", "Available now")),
    (Show.PREMIUM.value, pgettext_lazy("locations", "Premium")),
    (Show.FAVOURITES.value, pgettext_lazy("locations", "Favourites")),
]
SHOWS, SORTS = {each.value: each for each in Show}, {each.value: each for each in Sort}
SORT_CHOICES = [
    (Sort.NAME.value, _("City")),
    (Sort.COUNTRY.value, _("Country")),
    (Sort.LOAD.value, _("Load")),
]

# Why no device can be added there, in the words with which other pages say the location's state.
_TAKES_NONE = _("{location} (takes no new devices now)")
_REASONS = {NOT_IN_SERVICE: _("{location} (not in service)"), "down": _("{location} (down)")}


class LocationSelect(forms.Select):
    """Locations that cannot be chosen now are shown with the reason, and the browser does not let one choose them."""

    refused: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if value in self.refused:
            option["attrs"]["disabled"] = True
        return option

    def offer(self, locations: list[dict[str, Any]], entitlement: Entitlement) -> bool:
        """Fill the list, of `locations` as `locations_with_servers` gives them; returns whether any location can be chosen."""
        choices, refused = [], []
        for location in locations:
            city, name = location["city"], location["name"]
            label = f"{city}, {country_name(location['country_code']) if name == city else name}"
            if location["premium"] and not entitlement.premium_locations:
                label = gettext("{location} (not in your plan)").format(location=label)
                refused.append(location["slug"])
            elif not location["online"]:
                label = _REASONS.get(location["state"], _TAKES_NONE).format(location=label)
                refused.append(location["slug"])
            choices.append((location["slug"], label))
        self.choices, self.refused = choices, frozenset(refused)
        return len(refused) < len(choices)


def _public_key(*, required: bool) -> forms.CharField:
    return forms.CharField(
        max_length=64,
        required=required,
        label=_("Public key"),
        help_text=_("The public half, 44 characters. Then your private key stays where it is."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class DeviceForm(ServiceForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=64,
        help_text=_("What you call it: Phone, Work laptop, Router."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    # Text to the server: which locations exist, are online and belong to the plan is the service's to say.
    location = forms.CharField(label=_("Location"), max_length=40, widget=LocationSelect)
    public_key = _public_key(required=False)

    def offer(self, locations: list[dict[str, Any]], entitlement: Entitlement) -> bool:
        """Fill the list of locations; returns whether any of them can be chosen."""
        return bool(self.fields["location"].widget.offer(locations, entitlement))


class LocationsForm(forms.Form):
    """How somebody looks through the locations; sent by GET. What is not understood is as if it had not been said."""

    q = forms.CharField(
        label=_("City or country"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    show = forms.CharField(label=_("Show"), required=False, widget=forms.Select(choices=SHOW_CHOICES))
    sort = forms.CharField(label=_("Sort by"), required=False, widget=forms.Select(choices=SORT_CHOICES))
    device = forms.CharField(label=_("Configuration for"), required=False, widget=forms.Select)

    @property
    def words(self) -> str:
        return str(self.data.get("q", ""))[:80]

    @property
    def shown(self) -> Show:
        return SHOWS.get(self.data.get("show", ""), Show.ALL)

    @property
    def order(self) -> Sort:
        return SORTS.get(self.data.get("sort", ""), Sort.NAME)

    @property
    def wanted_device(self) -> str:
        return str(self.data.get("device", ""))

    @property
    def is_narrowed(self) -> bool:
        return bool(self.words.strip()) or self.shown is not Show.ALL

    def offer_devices(self, devices: list[tuple[str, str]]) -> None:
        """Where there is nothing to choose there is no field."""
        if len(devices) < 2:
            del self.fields["device"]
        else:
            self.fields["device"].widget.choices = devices


class RenameForm(ServiceForm):
    name = forms.CharField(label=_("New name"), max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class KeyForm(ServiceForm):
    public_key = _public_key(required=True)


class ExpiryForm(ServiceForm):
    expires_at = MomentField(label=_("Works until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Browsers give a time without a zone; beside the clock it is read in, nobody takes it for their own.
        self.fields["expires_at"].help_text = gettext("Date and time in UTC. Now it is {now}.").format(
            now=date_format(timezone.now(), "SHORT_DATETIME_FORMAT")
        )

    def clean_expires_at(self) -> datetime:
        ends: datetime = self.cleaned_data["expires_at"]
        try:
            return ends.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(gettext("Choose an earlier time."), code="invalid") from None


class _Ids(forms.TypedMultipleChoiceField):
    """Any number of ids; whose they are is the service's to say."""

    def valid_value(self, value: Any) -> bool:
        return True


class KeptDevicesForm(ServiceForm):
    devices = _Ids(required=False, coerce=UUID)
