"""What people type about themselves. The forms bound its length; whether it is good, the services say."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.validators import MAX_PASSWORD
from nexusvpn.forms import ServiceForm
from nexusvpn.languages import said_later


class SignupForm(ServiceForm):
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=MAX_PASSWORD,
        strip=False,
        help_text=_("At least 8 characters, and not one that everybody uses."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    full_name = forms.CharField(
        label=_("Name"), max_length=150, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    referral_code = forms.CharField(
        label=_("Referral code"),
        max_length=16,
        required=False,
        help_text=said_later(
            lambda: gettext("From somebody who uses {site} already.").format(site=settings.BRAND_NAME)
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    # Asked for only while staff let in people with an invitation, and while there is a challenge to pass.
    invitation_code = forms.CharField(
        label=_("Invitation code"), max_length=64, required=False, widget=forms.HiddenInput
    )
    challenge_answer = forms.CharField(max_length=300, required=False, widget=forms.HiddenInput)

    def ask_for_invitation(self) -> None:
        self.fields["invitation_code"].widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})


class LoginForm(ServiceForm):
    # Not an EmailField: an address that cannot exist is a wrong one, and says so in the same words.
    email = forms.CharField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=MAX_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ProfileForm(ServiceForm):
    full_name = forms.CharField(
        label=_("Name"), max_length=150, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Of our mails to you and, once you change it here, of these pages in this browser."),
    )


class RestoreForm(LoginForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=64,
        required=False,
        help_text=_("Of your authenticator app, or a recovery code, if you have a second factor."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )
