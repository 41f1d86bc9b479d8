"""What is typed to prove who one is, and about what one proves it with."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms

from accounts.services.second_factor import Method, typed_methods
from accounts.validators import MAX_PASSWORD
from nexusvpn.forms import ServiceForm
from nexusvpn.languages import lazy as _

CODE = _("Code")
APP_OR_RECOVERY = _("Six digits from your authenticator app, or a recovery code.")
# What is asked for of somebody who has one of the two alone.
ONE_KIND = {
    Method.TOTP: (CODE, _("Six digits from your authenticator app.")),
    Method.RECOVERY_CODE: (_("Recovery code"), _("One of those that you wrote down. Each works once.")),
}


def _code_field(help_text: str, label: str = CODE, *, required: bool = True) -> forms.CharField:
    # Not a number field: recovery codes have letters, and zeros in front count.
    attributes = {"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "characters"}
    return forms.CharField(
        label=label, max_length=64, required=required, help_text=help_text, widget=forms.TextInput(attrs=attributes)
    )


def _ask_for_what_they_have(form: forms.Form, methods: Collection[Method]) -> None:
    typed = typed_methods(methods)
    if len(typed) == 1:
        form.fields["code"].label, form.fields["code"].help_text = ONE_KIND[typed[0]]


class CodeForm(ServiceForm):
    """At signing in: a code of the authenticator or a recovery code. `number` says which of the sign-ins begun in this browser."""

    code = _code_field(APP_OR_RECOVERY)
    number = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, methods: Collection[Method], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_for_what_they_have(self, methods)


class NewAuthenticatorForm(ServiceForm):
    code = _code_field(_("The six digits that the app shows now."), _("Code from the app"))


class AskAgainForm(ServiceForm):
    """What also asks those for a code who have a second factor (whose `methods` are not empty), and nobody else."""

    code = _code_field(APP_OR_RECOVERY)

    def __init__(self, *args: Any, methods: Collection[Method], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if methods:
            _ask_for_what_they_have(self, methods)
        else:
            del self.fields["code"]


class ConfirmForm(AskAgainForm):
    """The password again, and the code."""

    field_order = ("password", "code")
    password = forms.CharField(
        label=_("Password"),
        max_length=MAX_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasskeyNameForm(ServiceForm):
    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("So that you know it again, such as the device that it is on.")
    )
