"""What is typed to prove who one is, and about what one proves it with."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.validators import MAX_PASSWORD
from nexusvpn.forms import ServiceForm


def _code_field(label: str = "Code", help_text: str = "", *, required: bool = True) -> forms.CharField:
    # Not a number field: recovery codes have letters, and zeros in front count.
    attributes = {"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "characters"}
    return forms.CharField(
        label=label, max_length=64, required=required, help_text=help_text, widget=forms.TextInput(attrs=attributes)
    )


class CodeForm(ServiceForm):
    """At signing in: a code of the authenticator or a recovery code. `number` says which of the sign-ins begun in this browser."""

    code = _code_field(help_text="Six digits from your authenticator app, or a recovery code.")
    number = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)


class NewAuthenticatorForm(ServiceForm):
    code = _code_field("Code from the app", "The six digits that the app shows now.")


class AskAgainForm(ServiceForm):
    """What also asks those for a code who have a second factor (`with_code`), and nobody else."""

    code = _code_field(help_text="Six digits from your authenticator app, or a recovery code.")

    def __init__(self, *args: Any, with_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_code:
            del self.fields["code"]


class ConfirmForm(AskAgainForm):
    """The password again, and the code."""

    field_order = ("password", "code")
    password = forms.CharField(
        max_length=MAX_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasskeyNameForm(ServiceForm):
    name = forms.CharField(max_length=60, help_text="So that you know it again, such as the device that it is on.")
