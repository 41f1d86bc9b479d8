from __future__ import annotations

from datetime import date, timedelta

from django import forms
from django.utils import timezone

from nexusvpn.forms import ServiceForm

# Stripe's pauses may be longer; a plan that nobody uses for a year is better ended.
LONGEST_PAUSE = timedelta(days=366)


class ChangeForm(forms.Form):
    """What a link to the preview, and its button, carry. Whether there is such a plan is for the service to say."""

    plan = forms.CharField(max_length=32)
    interval = forms.CharField(max_length=5)
    proration_date = forms.IntegerField(required=False, min_value=0, max_value=2**40)


class PauseForm(ServiceForm):
    until = forms.DateField(
        label="Until",
        required=False,
        help_text="Payments go on by themselves on this day. Without a day they go on when you say so.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        today = timezone.now().date()
        if until is not None and not today < until <= today + LONGEST_PAUSE:
            raise forms.ValidationError("Choose a day that is still to come, within a year.")
        return until


class GiftForm(ServiceForm):
    code = forms.CharField(
        label="Gift code",
        max_length=64,
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
