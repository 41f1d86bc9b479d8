from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from nexusvpn.forms import ServiceForm


class ChangeForm(forms.Form):
    """What a link to the preview, and its button, carry. Whether there is such a plan is for the service to say."""

    plan = forms.CharField(max_length=32)
    interval = forms.CharField(max_length=5)
    proration_date = forms.IntegerField(required=False, min_value=0, max_value=2**40)


class PauseForm(ServiceForm):
    until = forms.DateField(
        label=_("Until"),
        required=False,
        help_text=_("Payments go on by themselves on this day. Without a day they go on when you say so."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class GiftForm(ServiceForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=64,
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
