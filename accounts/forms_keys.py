"""What people choose for an API key."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.services.api_keys import MAX_NAME
from nexusvpn.api.scopes import Scope
from nexusvpn.forms import ServiceForm

IN_WORDS = {
    Scope.READ: "Read everything below",
    Scope.DEVICES: "Add, change and remove devices; read usage",
    Scope.BILLING: "Buy, change and end your plan; read invoices",
    Scope.SUPPORT: "Write and read tickets",
    Scope.REFERRALS: "Read referrals",
    Scope.PROFILE: "Change the profile; read notifications",
}
DAYS = [("", "Never"), (30, "In 30 days"), (90, "In 90 days"), (365, "In a year")]


def _days(value: Any) -> int | None:
    return int(value) if value else None


class ApiKeyForm(ServiceForm):
    name = forms.CharField(
        max_length=MAX_NAME,
        help_text="So that you know it again: what uses it, and where.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(scope.value, words) for scope, words in IN_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(label="Ends", choices=DAYS, coerce=_days, empty_value=None, required=False)
