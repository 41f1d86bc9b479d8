"""What people choose for an API key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.services.api_keys import MAX_NAME
from nexusvpn.api.scopes import Scope
from nexusvpn.forms import ServiceForm

IN_WORDS = {
    Scope.READ: _("Read everything below"),
    Scope.DEVICES: _("Add, change and remove devices; read usage"),
    Scope.BILLING: _("Buy, change and end your plan; read invoices"),
    Scope.SUPPORT: _("Write and read tickets"),
    Scope.REFERRALS: _("Read referrals"),
    Scope.PROFILE: _("Change the profile; read notifications"),
}
DAYS = [("", _("Never")), (30, _("In 30 days")), (90, _("In 90 days")), (365, _("In a year"))]


def _days(value: Any) -> int | None:
    return int(value) if value else None


class ApiKeyForm(ServiceForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME,
        help_text=_("So that you know it again: what uses it, and where."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(scope.value, words) for scope, words in IN_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(label=_("Ends"), choices=DAYS, coerce=_days, empty_value=None, required=False)
