"""What the first steps of a new customer ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nexusvpn.errors import InvalidInput
from nexusvpn.forms import ServiceForm
from nexusvpn.texts import one_line


class FirstDeviceForm(ServiceForm):
    """Which system, by the slug of its guide, and what the device is called; nothing is stored of it."""

    system = forms.ChoiceField(
        label=_("What do you want to connect?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one.")},
    )
    name = forms.CharField(
        label=_("Name of the device"),
        max_length=64,
        help_text=_("What you call it: Phone, Work laptop, Router."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, systems: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = systems  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        try:
            return one_line(self.cleaned_data["name"], "name")
        except InvalidInput as error:
            raise forms.ValidationError(error.fields["name"]) from None
