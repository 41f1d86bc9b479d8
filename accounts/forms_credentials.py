"""What people type to prove an address, to recover, and to change how they sign in."""

from __future__ import annotations

from django import forms

from accounts.forms_security import AskAgainForm
from accounts.validators import MAX_PASSWORD
from nexusvpn.forms import ServiceForm
from nexusvpn.languages import lazy as _

NEW_ONE = _("At least 8 characters, and not one that everybody uses.")


def new_password_field() -> forms.CharField:
    return forms.CharField(
        label=_("New password"),
        max_length=MAX_PASSWORD,
        strip=False,
        help_text=NEW_ONE,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


def present_password_field(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=MAX_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class AddressForm(ServiceForm):
    """An address to which something is to be mailed, if it has an account."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class ResetForm(ServiceForm):
    password = new_password_field()


class PasswordChangeForm(AskAgainForm):
    field_order = ("current_password", "code", "new_password")
    current_password = present_password_field(_("Present password"))
    new_password = new_password_field()


class AddressChangeForm(AskAgainForm):
    field_order = ("email", "password", "code")
    email = forms.EmailField(
        label=_("New e-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = present_password_field(_("Your password"))


class LeaveForm(AskAgainForm):
    field_order = ("password", "code")
    password = present_password_field(_("Your password"))
